"""Cases, for safeguarding leads."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.care import cases
from backend.care.access import access_case, cases_for
from backend.care.models import Case
from backend.errors import Invalid, Refusal
from backend.web.care_forms import CaseForm, CloseForm, TalkForm
from backend.web.templatetags.shuangdao import day_and_hour, role
from chat.models import Event, Room
from chat.models.rooms import MSG
from chat.protocol import Side

PER_PAGE = 30
OFFERED = 200  # messages of a room from which the first and the last of a case are chosen


def index(request: HttpRequest) -> HttpResponse:
    check_may(request.user, "case", "list")
    page = Paginator(cases_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "cases/index.html", {"page": page})


@require_POST
def open_case(request: HttpRequest, child_id: int) -> HttpResponse:
    check_may(request.user, "case", "open")
    form = CaseForm(request.POST, people=people_to_name(child_id))
    if not form.is_valid():
        messages.error(request, _("Please say what it is about."))
        return redirect("child", child_id)
    case = cases.open_case_by_hand(actor=request.user, child_id=child_id, **form.cleaned_data)
    return redirect("case", case.pk)


def people_to_name(child_id: int) -> list[tuple[int, str]]:
    return list(cases.people_around(child_id).values_list("pk", "name"))


def show(request: HttpRequest, case_id: int) -> HttpResponse:
    case = access_case(request.user, case_id)
    context = {
        "case": case,
        "talks": case.talks.select_related("room__pairing"),
        "readings": case.readings.select_related("room__pairing", "asked_by"),
        "close": CloseForm(),
        "talk": TalkForm(messages=_messages(case)),
    }
    return render(request, "cases/show.html", context)


@require_POST
def change(request: HttpRequest, case_id: int) -> HttpResponse:
    """Seal, release or close it, or join words to it: by the button that was pressed."""
    case = access_case(request.user, case_id)
    try:
        said = _do(request, case)
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect("case", case_id)


def _do(request: HttpRequest, case: Case) -> str:
    posted, facts = request.POST, {"actor": request.user, "case_id": case.pk}
    if "seal" in posted:
        cases.seal_case(**facts)
        return _("It is sealed: the family sees no trace of it.")
    if "release" in posted:
        cases.release_case(**facts)
        return _("It is released: what belongs to it shows again.")
    if "talk" in posted:
        form = TalkForm(posted, messages=_messages(case))
        if not form.is_valid():
            raise Invalid(_("Choose the first and the last message in the same room."))
        given = form.cleaned_data
        cases.attach_talk(**facts, room_id=given["room"], first=given["first"], last=given["last"])
        return _("These words belong to the case.")
    cases.close_case(**facts, outcome=posted.get("outcome", ""))
    return _("The case is closed.")


def _messages(case: Case) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be chosen, room by room, the newest first: when and by whom, never what was said."""
    rooms = Room.objects.with_people().filter(pairing__child=case.child_id).order_by("pk")
    return [
        (
            f"{role(room.pairing.role)} · {room.pairing.mentor.name}",
            [(f"{room.pk}:{said.s}", _in_words(said, room)) for said in _newest_said(room)],
        )
        for room in rooms
    ]


def _newest_said(room: Room) -> QuerySet[Event]:
    return Event.objects.filter(room=room, kind=MSG).order_by("-s")[:OFFERED]


def _in_words(said: Event, room: Room) -> str:
    who = room.pairing.child.call_name if said.sender == Side.CHILD else room.pairing.mentor.name
    return f"{day_and_hour(said.at)} · {who} · {said.s}"
