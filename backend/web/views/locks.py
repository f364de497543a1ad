"""Pins and forbids: one, many at once, lifted; and mentors who take a pause."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.errors import Conflict, Invalid
from backend.rosters import people
from backend.rosters.models import Mentor
from backend.web.forms import LockForm, ManyLocksForm, PauseForm
from backend.web.numbers import numbers
from matching import locks
from matching.access import locks_for

PER_PAGE = 50
COLUMNS = {
    "kind": gettext_lazy("Kind"),
    "child_id": gettext_lazy("Child's number"),
    "mentor_id": gettext_lazy("Mentor's number"),
    "role": gettext_lazy("Role"),
    "slot": gettext_lazy("Hour"),
}


def index(request: HttpRequest) -> HttpResponse:
    """Standing pins and forbids, and the form for another one."""
    check_may(request.user, "lock", "list")
    form = LockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            locks.add_lock(
                actor=request.user,
                kind=given["kind"],
                child_id=given["child"].pk,
                mentor_id=given["mentor"].pk,
                role=given["role"],
                slot=given["hour"],
            )
        except (Invalid, Conflict) as refused:
            form.add_error(None, refused.message)
            for problem in refused.facts.get("problems", []):
                form.add_error(None, problem["words"])
        else:
            messages.success(request, _("Noted. It holds from the next round on."))
            return redirect("locks")
    page = Paginator(locks_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "rounds/locks.html", {"form": form, "page": page, "many": ManyLocksForm()})


@require_POST
def add_many(request: HttpRequest) -> HttpResponse:
    """Rows as in a roster file's sheet of locks: all of them, or none and each bad row with what is wrong."""
    check_may(request.user, "lock", "write")
    form = ManyLocksForm(request.POST)
    problems: list[Any] = []
    if form.is_valid():
        try:
            made = locks.add_locks(actor=request.user, text=form.cleaned_data["rows"])
        except locks.BadRows as refused:
            form.add_error(None, refused.message)
            problems = refused.facts["problems"]
        else:
            words = ngettext("%(number)d added.", "%(number)d added.", len(made)) % {"number": len(made)}
            messages.success(request, f"{words} {_('They hold from the next round on.')}")
            return redirect("locks")
    named = [{**problem, "column": COLUMNS.get(problem["column"], "—")} for problem in problems[:PER_PAGE]]
    context = {"form": form, "problems": named, "more": len(problems) - PER_PAGE}
    return render(request, "rounds/many_locks.html", context, status=400)


@require_POST
def lift(request: HttpRequest, lock_id: int) -> HttpResponse:
    locks.lift_lock(actor=request.user, lock_id=lock_id)
    return redirect("locks")


def paused(request: HttpRequest) -> HttpResponse:
    """Mentors who take a pause, to be brought back; and others, by number, to be given one."""
    check_may(request.user, "mentor", "list")
    form = PauseForm(request.POST if "numbers" in request.POST else None)
    if request.method == "POST":
        check_may(request.user, "mentor", "write")
        if form.is_valid():
            return _set_paused(request, form.cleaned_data["numbers"], paused=True)
        if not form.is_bound:
            return _set_paused(request, numbers(request.POST.getlist("mentor")), paused=False)
    rows = Mentor.objects.filter(active=True, paused=True).select_related("district")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "rounds/paused.html", {"page": page, "form": form})


def _set_paused(request: HttpRequest, ids: list[int], *, paused: bool) -> HttpResponse:
    changed = people.set_many_paused(actor=request.user, mentor_ids=ids, paused=paused)
    messages.success(
        request,
        ngettext("%(number)d mentor changed.", "%(number)d mentors changed.", changed) % {"number": changed},
    )
    return redirect("paused_mentors")
