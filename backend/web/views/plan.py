"""The plan of a solved round, held against today and published."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.web.forms import PublishForm
from backend.web.views.adjust import changed_meanwhile, named_places, not_holding
from backend.web.views.review import with_reasons
from chat.previewing import preview
from matching import review
from matching.access import access_round
from matching.models import Round
from matching.publishing import WorldMoved, publish_round, rows_against
from matching.rounds import RoundMovedOn
from matching.states import State

MOST_SHOWN = 50


def _against_live(round_: Round) -> dict[str, Any]:
    """The difference to the live pairings in numbers, and the first of each kind."""
    started = review.with_subject_wanted_most(review.beginning(round_))
    moving = review.moving(round_).select_related("mentor")
    return {
        "difference": review.changes(round_),
        "ended": with_reasons(round_, "ended", list(review.ending(round_)[:MOST_SHOWN])),
        "moved": with_reasons(round_, "moved", list(moving[:MOST_SHOWN])),
        "started": started.select_related("child", "mentor", "subject")[:MOST_SHOWN],
        "most": MOST_SHOWN,
    }


def publish(request: HttpRequest, round_id: int) -> HttpResponse:
    """What publishing would change; POST does it. A second click finds it done and says so."""
    round_ = access_round(request.user, round_id, "publish")
    form = PublishForm(request.POST or None, user=request.user, initial={"version": round_.version})
    if request.method == "POST" and form.is_valid():
        try:
            publish_round(actor=request.user, round_id=round_id, version=form.cleaned_data["version"])
        except WorldMoved as refused:
            return not_holding(request, round_, refused)
        except RoundMovedOn as refused:
            round_.refresh_from_db()
            if round_.state == State.SOLVED:
                return changed_meanwhile(request, round_, form.cleaned_data["version"], refused)
            if round_.state != State.PUBLISHED:
                raise
        messages.success(request, _("Published. The pairs hold from now on."))
        return redirect("round", round_id)
    context = {"round": round_, "form": form, **_against_live(round_)}
    if round_.state != State.PUBLISHED:
        now, against = timezone.now(), rows_against(round_)
        context["against"] = named_places(against[:MOST_SHOWN])
        context["against_count"] = len(against)
        context["told"] = preview(round_, origin=settings.SITE_ORIGIN, now=now)
        parted = review.same_two_again(round_, now).select_related("child", "mentor")
        context["parted"] = parted[:MOST_SHOWN]
    return render(request, "rounds/publish.html", context)
