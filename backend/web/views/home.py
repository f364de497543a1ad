"""The first page after signing in, and the demonstration's front door."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import may
from backend.care.access import own_waiting_readings, readings_to_review
from backend.care.helping import without_anybody
from backend.care.requests import calls_to_make
from backend.care.rota import gaps_ahead
from backend.care.waking import can_wake
from backend.rosters.access import withdrawn_from
from backend.rosters.aside import waiting
from backend.rosters.models import Child, Consent, Mentor, RosterUpload
from backend.rosters.ways_in import never_invited
from backend.web.demonstration.people import person
from backend.web.in_need import now_for
from backend.web.needs import NEEDS
from backend.web.views import child, demo_door, family, mentor
from chat.access import children_of_family
from chat.attention import Need, counts_of_need, not_come_of_pairs
from chat.holds import waiting_holds
from chat.models import Room
from matching.models import Pairing
from matching.rounds import children_who_lack_a_mentor, how_rounds_stand

NAMED = 6


def show(request: HttpRequest) -> HttpResponse:
    if demo_door.is_asked(request):
        return demo_door.show(request)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), login_url="sign_in")
    if request.headers.get("Asks-Again"):
        # Of the whole page only what can't wait. Looking at it is not looking at the duty screen.
        return render(request, "duty/now.html", {"now": now_for(request.user)})
    if not may(request.user, "child", "list"):
        return _home_of(request)
    active = Child.objects.filter(active=True)
    newcomers = not_come_of_pairs()
    uninvited = never_invited(newcomers).count()
    children = active.count()
    given = Consent.objects.filter(child=OuterRef("pk"))
    without = active.filter(~Exists(given.filter(withdrawn_on=None)), stopped_at=None)
    mentors = Mentor.objects.filter(active=True).count()
    ready = Mentor.objects.publishable(timezone.localdate()).count()
    calls = calls_to_make(request.user)
    counts = counts_of_need(actor=request.user, now=timezone.now())
    standing = how_rounds_stand()
    running_out = Mentor.objects.running_out(timezone.localdate()).aggregate(
        mentors=Count("pk", distinct=True),
        children=Count("pairings__child", filter=Q(pairings__ended_at=None), distinct=True),
    )
    context = {
        "needs": [(need, NEEDS[need].count % {"number": counts[need]}) for need in Need if counts[need]],
        "calls": calls.count(),
        "late_calls": calls.filter(answer_by__lt=timezone.now()).count(),
        "newcomers": newcomers.count() - uninvited,
        "uninvited": uninvited,
        "ill": _somebody_ill() if settings.DEMO else None,
        "children": children,
        "stopped": active.filter(stopped_at__isnull=False).count(),
        "withdrawn": without.filter(Exists(given)).count(),
        "without_consent": without.exclude(Exists(given)).count(),
        "mentors": mentors,
        "not_ready": mentors - ready,
        "running_out": running_out,
        "pairings": Pairing.objects.filter(ended_at=None).count(),
        "current": standing.current,
        "earlier": standing.earlier,
        "beside": standing.beside,
        "solved": standing.solved,
        "unpaired": len(children_who_lack_a_mentor()),
        "shut": Room.objects.live().exclude(shut_by="").count(),
        "held": waiting_holds(request.user).count() if may(request.user, "held", "decide_academic") else 0,
        "own_readings": own_waiting_readings(request.user).count(),
        "to_review": readings_to_review(request.user).count(),
        "now": now_for(request.user),
        "without_anybody": without_anybody(request.user),
        "gaps": len(gaps_ahead(timezone.now())),
        "can_wake": can_wake(timezone.now()),
        "may_see_cases": may(request.user, "case", "list"),
        **_files(request),
    }
    return render(request, "home_coordinator.html", context)


def _files(request: HttpRequest) -> dict[str, Any]:
    """Imports that somebody has still to finish, and who was set aside in the others, the first by name."""
    if not may(request.user, "roster", "import"):
        return {}
    rows = waiting(request.user)
    count = rows.count()
    named = [row.name or row.roster_id or "–" for row in rows[:NAMED]]
    unfinished = RosterUpload.objects.filter(state__in=RosterUpload.OPEN).select_related("uploaded_by")
    return {
        "unfinished": list(unfinished.defer("content", "report", "choices")[:NAMED]),
        "set_aside": _(", ").join(named),
        "set_aside_count": count,
        "set_aside_more": count > len(named),
    }


def _somebody_ill() -> Mentor | None:
    """The demonstration's counsellor, for a button that shows what then is to be done."""
    user = person("counsellor")
    return user and Mentor.objects.filter(user=user).first()


def _home_of(request: HttpRequest) -> HttpResponse:
    """Everybody's first page but a coordinator's, by who they are to the programme."""
    if Mentor.objects.filter(user=request.user, active=True).exists():
        return mentor.home(request)
    own = Child.objects.filter(user=request.user, active=True).first()
    if own is not None:
        return child.home(request, own)
    children_here = children_of_family(request.user)
    if children_here:
        return family.home(request, children_here)
    context = {"withdrawn_from": withdrawn_from(request.user), "now": now_for(request.user)}
    return render(request, "home_plain.html", context)
