"""The plan of a solved round, held against today and published."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.web.forms import PublishForm
from backend.web.templatetags.shuangdao import slot
from backend.web.views.adjust import changed_meanwhile, named_places, not_holding
from chat.previewing import preview
from matching.access import access_round
from matching.changes import Change, changes_of
from matching.models import Round
from matching.publishing import WorldMoved, difference, publish_round, rows_against
from matching.rounds import RoundMovedOn
from matching.states import State
from matching.wording import change_in_words

MOST_SHOWN = 200


def _against_live(round_: Round) -> dict[str, Any]:
    """The difference to the live pairings, each that does not stay with its reason in words."""
    found = difference(round_)
    ended, moved = changes_of(round_, found)
    return {
        "difference": found,
        "ended": [(change, _why(change)) for change in ended[:MOST_SHOWN]],
        "moved": [(change, _why(change)) for change in moved[:MOST_SHOWN]],
        "most": MOST_SHOWN,
    }


def _why(change: Change) -> str:
    return change_in_words(
        change.reason, change.facts, slot(change.facts["hour"]) if "hour" in change.facts else ""
    )


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
        against = rows_against(round_)
        context["against"] = named_places(against[:MOST_SHOWN])
        context["against_count"] = len(against)
        context["told"] = preview(context["difference"], origin=settings.SITE_ORIGIN, now=timezone.now())
    return render(request, "rounds/publish.html", context)
