"""Reading along in the academic room from the eighth birthday on: a guardian asks, the child decides."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.ages import rules_at
from backend.errors import Conflict
from chat import readers


def show(request: HttpRequest, child_id: int) -> HttpResponse:
    """The guardian's page: how it stands, and the question."""
    child = readers.access_readers(request.user, child_id, "ask")
    if request.method == "POST":
        try:
            readers.ask_to_read(actor=request.user, child_id=child_id)
        except readers.CantAsk as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, _("The question stands on your child's page now."))
        return redirect("read_along", child_id)
    rows = readers.readers_for(request.user, child)
    context = {
        "child": child,
        "reader": rows[0] if rows else None,
        "since": readers.reads_since(rows[0]) if rows else None,
        "no": readers.last_no(request.user, child),
        "along": rules_at(child.birth_date, timezone.now()).read_along,
    }
    return render(request, "family/read_along.html", context)


@require_POST
def answer(request: HttpRequest, reader_id: int) -> HttpResponse:
    """The child's yes or no, and its no later on."""
    agree = request.POST.get("agree") == "yes"
    try:
        readers.answer_reader(actor=request.user, reader_id=reader_id, agree=agree)
    except Conflict as refused:
        messages.error(request, refused.message)
    else:
        messages.success(
            request,
            _("Fine. The room says so now, and you can change your mind with one tap.")
            if agree
            else _("Fine. Your parents will not see it."),
        )
    return redirect("home")


@require_POST
def give_up(request: HttpRequest, reader_id: int) -> HttpResponse:
    readers.give_up_reading(actor=request.user, reader_id=reader_id)
    messages.success(request, _("You do not read along any more."))
    return redirect("home")
