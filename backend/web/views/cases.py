"""Cases, for safeguarding leads and for those who were called."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend import policy
from backend.accounts.access import check_may
from backend.ages import age_at
from backend.care import alerts, cases, seeing
from backend.care.access import access_case, cases_for, open_first, relations_to_case
from backend.care.models import Case
from backend.errors import Invalid, NotYours, Refusal
from backend.web.care_forms import CaseForm, CloseForm, NoteForm, PassOnForm, TalkForm, VerdictForm
from backend.web.templatetags.shuangdao import day_and_hour, role
from chat.access import rooms_for
from chat.models import Event, Room
from chat.protocol import Side
from matching.models import Pairing

PER_PAGE = 30


def index(request: HttpRequest) -> HttpResponse:
    check_may(request.user, "case", "list")
    page = Paginator(open_first(cases_for(request.user)), PER_PAGE).get_page(request.GET.get("page"))
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
    return _page(request, access_case(request.user, case_id))


@require_POST
def phones(request: HttpRequest, case_id: int) -> HttpResponse:
    """The same page with the telephones: the tap is what is recorded."""
    found = seeing.open_phones(actor=request.user, case_id=case_id)
    return _page(request, access_case(request.user, case_id), phones=found)


def _page(request: HttpRequest, case: Case, phones: list[seeing.Phone] | None = None) -> HttpResponse:
    relations = relations_to_case(request.user, case)
    raised = list(case.alerts.select_related("raised_by", "answered_by", "judged_by"))
    context = {
        "case": case,
        "child": case.child,
        "age": age_at(case.child.birth_date, timezone.now()),
        "mentors": Pairing.objects.live().filter(child=case.child_id).select_related("mentor"),
        "alerts": raised,
        "waits": any(alert.answered_at is None for alert in raised),
        "windows": seeing.open_words(actor=request.user, case=case),
        "rooms": [] if case.closed_at else rooms_for(request.user).filter(pairing__child=case.child_id),
        "notes": case.notes.select_related("by"),
        "phones": phones,
        "note": NoteForm(),
        "pass_on": PassOnForm(),
        "next_ones": alerts.who_is_next(request.user, case.pk),
        "close": CloseForm(),
        "is_another_s": cases.is_another_s(request.user, case),
        "is_lead": policy.allows("case", "seal", relations),
    }
    if context["is_lead"]:
        context |= {
            "talks": case.talks.select_related("room__pairing"),
            "readings": case.readings.select_related("room__pairing", "asked_by"),
            "talk": TalkForm(messages=_messages(case)),
            "verdict": VerdictForm(),
        }
    return render(request, "cases/show.html", context)


@require_POST
def take(request: HttpRequest, case_id: int) -> HttpResponse:
    return _work(request, case_id, alerts.take_case, _("You look after it now. Nobody else is called."))


@require_POST
def pass_on(request: HttpRequest, case_id: int) -> HttpResponse:
    note = request.POST.get("note", "")
    return _work(request, case_id, alerts.pass_on, _("The next one is being called."), note=note)


@require_POST
def note(request: HttpRequest, case_id: int) -> HttpResponse:
    written = {"kind": request.POST.get("kind", ""), "body": request.POST.get("body", "")}
    return _work(request, case_id, alerts.add_note, _("It is written down."), **written)


@require_POST
def close(request: HttpRequest, case_id: int) -> HttpResponse:
    outcome = request.POST.get("outcome", "")
    return _work(request, case_id, cases.close_case, _("The case is closed."), outcome=outcome)


@require_POST
def judge(request: HttpRequest, case_id: int, alert_id: int) -> HttpResponse:
    said = _("Thank you. It counts for how well danger is recognised, and for nothing else.")
    judged = {"alert_id": alert_id, "verdict": request.POST.get("verdict", "")}
    return _work(request, case_id, alerts.judge_alert, said, **judged)


def _work(
    request: HttpRequest, case_id: int, act: Callable[..., object], said: str, **given: Any
) -> HttpResponse:
    """What can't be done is said on the case's page; what is nobody's business here is not found."""
    try:
        act(actor=request.user, case_id=case_id, **given)
    except NotYours:
        raise
    except Refusal as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    still = cases_for(request.user).filter(pk=case_id).exists()
    return redirect("case", case_id) if still else redirect("duty")


@require_POST
def change(request: HttpRequest, case_id: int) -> HttpResponse:
    """Seal or release it, or join words to it: by the button that was pressed."""
    case = access_case(request.user, case_id, "seal")
    try:
        said = _do(request, case)
    except NotYours:
        raise
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
    raise Invalid(_("Please choose what to do."))


def _messages(case: Case) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be chosen, room by room, the newest first: when and by whom, never what was said."""
    return [
        (
            f"{role(room.pairing.role)} · {room.pairing.mentor.name}",
            [(f"{room.pk}:{said.s}", _in_words(said, room)) for said in offered],
        )
        for room, offered in seeing.messages_to_join(case)
    ]


def _in_words(said: Event, room: Room) -> str:
    who = room.pairing.child.call_name if said.sender == Side.CHILD else room.pairing.mentor.name
    told = {"when": day_and_hour(said.at), "who": who, "number": said.s}
    return _("%(when)s · %(who)s · message %(number)d") % told
