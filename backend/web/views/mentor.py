"""A mentor's day: who comes today, what waits for them, their children."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.errors import Conflict, Invalid
from backend.rosters.models import Mentor
from backend.web.in_need import now_for
from backend.web.mentor_forms import ElsewhereForm, NoteForm
from backend.web.numbers import numbers
from backend.web.saying import coming, on_day, told_apart, what_happened
from backend.web.views.people import week_of
from chat import desk, history, meetings
from chat.access import access_outgoing, access_pairing, children_of_family, hand_over_for, meetings_for
from chat.handing_over import leave_note, notes_left, notes_to_leave
from chat.models import HandOver
from chat.rules.meetings import NEAR, length_for
from chat.rules.times import local_day
from matching import cards
from matching.answers import answer_hours, questions_to

AHEAD = timedelta(days=7)
FEW = 5  # of a list: who has seventeen children finds the rest behind one tap


def home(request: HttpRequest) -> HttpResponse:
    now, today = timezone.now(), timezone.localdate()
    own = meetings_for(request.user).filter(mentor__user=request.user)
    ahead = own.ahead(now).filter(Q(start__lt=now + AHEAD) | Q(planned_start__lt=now + AHEAD))
    back = meetings.to_take_back(actor=request.user, among=own, now=now)
    off = list(own.called_off(now))
    rows = [
        {
            "meeting": row,
            "child": row.pairing.child,
            "when": coming(row.start, today),
            "minutes": int(length_for(row.pairing.child.grade).total_seconds() // 60),
            "today": local_day(row.start) == today,
            "near": row.start - NEAR <= now,
            "now": row.met or row.start <= now,
            "may_change": meetings.may_change(row, now),
            "may_take_back": row in back,
        }
        for row in sorted([*ahead, *(row for row in back if row not in off)], key=lambda row: row.start)
    ]
    places = desk.places_for(actor=request.user, now=now)
    called = told_apart([place.room.pairing for place in places])
    for row in rows:
        row["called"] = called.get(row["meeting"].pairing_id, row["child"].call_name)
    later = [row for row in rows if not row["today"]]
    children = [
        {
            "place": place,
            "child": place.room.pairing.child,
            "called": called[place.room.pairing_id],
            "last": on_day(place.last_met, today) if place.last_met else "",
        }
        for place in places
    ]
    context = {
        "called_off": [
            {
                "meeting": row,
                "when": coming(row.start, today),
                "called": called.get(row.pairing_id, row.pairing.child.call_name),
                "may_take_back": row in back,
            }
            for row in off
        ],
        "questions": questions_to(request.user),
        "today": [row for row in rows if row["today"]],
        "later": later[:FEW],
        "later_rest": later[FEW:],
        "both_roles": len({place.room.pairing.role for place in places}) > 1,
        "over": own.begun_today(now).exists(),
        "waiting": [
            {
                "place": place,
                "called": called[place.room.pairing_id],
                "since": on_day(place.since, today),
                "today": local_day(place.since) == today,
            }
            for place in places
            if place.unread and place.since
        ],
        "due": [
            {
                "session": row,
                "called": called.get(row.room.pairing_id, row.room.pairing.child.call_name),
                "when": on_day(row.opened_at, today),
            }
            for row in desk.summaries_due(actor=request.user, now=now)
        ],
        "children": children[:FEW],
        "children_rest": children[FEW:],
        "notes_left": notes_left(request.user, now),
        "notes_to_leave": notes_to_leave(request.user, now),
        "now": now_for(request.user),
        "pausing": Mentor.objects.filter(user=request.user, active=True, paused=True).exists(),
        "has_family": bool(children_of_family(request.user)),
    }
    return render(request, "mentor/home.html", context)


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """One hour suits or does not, or all that stood on the page suit."""
    suits = numbers(request.POST.getlist("asked" if "all" in request.POST else "suits"))
    does_not = [] if "all" in request.POST else numbers(request.POST.getlist("does_not"))
    if not suits and not does_not:
        raise Http404
    shown = {pk: numbers([hour])[0] for pk in suits + does_not if (hour := request.POST.get(f"hour_{pk}"))}
    answer_hours(actor=request.user, suits=suits, does_not=does_not, shown=shown)
    if does_not:
        messages.success(
            request,
            _(
                "Noted. This hour is no longer among your free hours; a coordinator looks for another one. Until "
                "then the meeting stays, and you can give it another time yourself."
            ),
        )
    else:
        messages.success(request, _("Thank you. The hour stays."))
    return redirect("home")


def child(request: HttpRequest, pairing_id: int) -> HttpResponse:
    """The card of one's own child: what helps to meet it, and this month's meetings."""
    pairing = access_pairing(request.user, pairing_id, "meeting", "record")
    child = pairing.child
    prefetch_related_objects([child], "wanted__subject", "free_slots")
    today = timezone.localdate()
    month = history.history_for(actor=request.user, child_id=child.pk, month=today)
    context = {
        "pairing": pairing,
        "child": child,
        "note": hand_over_for(request.user, pairing),
        "week": week_of(child),
        "needs": cards.child_card(actor=request.user, child_id=child.pk, now=timezone.now()).needs,
        "lines": [
            {
                "line": line,
                "words": what_happened(line, child.call_name, today),
                "own": line.role == pairing.role,
            }
            for line in month.lines
        ],
    }
    return render(request, "mentor/child.html", context)


def note(request: HttpRequest, pairing_id: int) -> HttpResponse:
    """Left for the child's next mentor after one's own pairing has ended; it can be written anew."""
    now = timezone.now()
    pairing = access_outgoing(request.user, pairing_id, now)
    written = HandOver.objects.filter(pairing=pairing).first()
    form = NoteForm(request.POST or None, initial={"note": written.body if written else ""})
    if request.method == "POST" and form.is_valid():
        try:
            leave_note(actor=request.user, pairing_id=pairing_id, body=form.cleaned_data["note"], now=now)
        except Invalid as refused:
            form.add_error("note", str(refused))
        else:
            messages.success(
                request,
                _(
                    "Kept for the next mentor. You find it again on this page, under “For the next mentors”. Thank you."
                ),
            )
            return redirect("home")
    return render(request, "mentor/note.html", {"pairing": pairing, "form": form})


def elsewhere(request: HttpRequest, pairing_id: int) -> HttpResponse:
    """A meeting held by telephone or video, told afterwards."""
    pairing = access_pairing(request.user, pairing_id, "meeting", "record")
    form = ElsewhereForm(request.POST or None, role=pairing.role, subject=pairing.subject_id)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            meetings.record_meeting_elsewhere(
                actor=request.user,
                pairing_id=pairing_id,
                began_at=told["began_at"],
                minutes=told["minutes"],
                medium=told["medium"],
                summary=told["body"],
                mood=told.get("mood"),
            )
        except (Invalid, Conflict) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, _("Kept. The family sees that you told it, and can say if it is wrong.")
            )
            return redirect("my_child", pairing_id)
    return render(
        request, "mentor/elsewhere.html", {"pairing": pairing, "child": pairing.child, "form": form}
    )
