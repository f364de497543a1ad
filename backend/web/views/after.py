"""After publishing: who needs a person today, one pair, its end, and a mentor who is ill."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from backend.accounts.access import may
from backend.errors import Invalid, NotYours
from backend.rosters.access import access_mentor
from backend.rosters.looking import note_look
from backend.web.mentor_forms import NoteForm
from backend.web.needs import NEEDS, PEOPLE_TO_RING, ring
from backend.web.numbers import numbers
from backend.web.templatetags.shuangdao import day, day_and_hour
from chat.absence import (
    FURTHEST,
    fallen_away,
    meetings_until,
    mentor_is_back,
    mentor_is_ill,
    next_meetings,
    not_on_again,
    pairs_of,
)
from chat.access import hand_over_for, reads_as_staff
from chat.attention import Need, families_not_come, pairs_in_need
from chat.handing_over import end_with_note
from chat.meetings import Against
from chat.models import Meeting
from chat.rules.meetings import MeetingState
from matching.access import access_pairing, locks_for, pairings_for
from matching.again import match_anew
from matching.ending import reasons_for
from matching.review import place_of

PER_PAGE = 50
USUAL = timedelta(days=7)


def need(request: HttpRequest, what: str) -> HttpResponse:
    """The pairs that need a person for one reason, and what to do."""
    if what not in list(Need):
        raise Http404
    rows = pairs_in_need(actor=request.user, need=Need(what), now=timezone.now())
    if what == Need.MISSED:
        rows = rows.prefetch_related(*PEOPLE_TO_RING)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    if what == Need.MISSED:
        people = ring(request.user, page.object_list)
        for pairing in page.object_list:
            pairing.to_ring = people[pairing.pk]  # type: ignore[attr-defined]
    context = {"page": page, "what": what, "words": NEEDS[Need(what)], "all": NEEDS}
    return render(request, "after/need.html", context)


def pair(request: HttpRequest, pairing_id: int) -> HttpResponse:
    """One published pair for the desk: how it goes, in times and counts, and what can be done."""
    found = pairings_for(request.user).select_related("mentor__user", "room").filter(pk=pairing_id).first()
    if found is None:
        raise NotYours
    now, told = timezone.now(), reads_as_staff(request.user, found.child)
    states = found.meetings.aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in ("held", "missed", "void", "cancelled")}
    )
    locks = locks_for(request.user).filter(child=found.child, mentor=found.mentor)
    note = hand_over_for(request.user, found)
    if note:  # it says more of the child than its row
        note_look(actor=request.user, child_id=found.child_id, now=now)
    context = {
        "note": note,
        "pairing": found,
        "states": states if told else None,
        "last": found.meetings.filter(state=MeetingState.HELD).order_by("-start").first() if told else None,
        "next": Meeting.objects.ahead(now).filter(pairing=found).order_by("start").first() if told else None,
        "locks": locks,
        "place": place_of(found),
        "may_end": found.ended_at is None and may(request.user, "pairing", "end"),
        "may_match": may(request.user, "round", "write"),
    }
    return render(request, "after/pair.html", context)


class EndForm(NoteForm):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), widget=forms.RadioSelect)
    never_again = forms.BooleanField(
        label=gettext_lazy("Never match these two again"), required=False, widget=forms.CheckboxInput
    )
    pauses = forms.BooleanField(
        label=gettext_lazy("If the mentor leaves: no new children for them from now on (paused)"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput,
    )
    field_order = ("reason", "pauses", "never_again", "note")

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [(each.value, each.label) for each in reasons_for(actor)]  # type: ignore[attr-defined]
        self.fields["note"].required = False
        if may(actor, "lock", "write"):
            del self.fields["note"]  # its mentor's, not theirs
        else:
            del self.fields["never_again"]
            self.fields["pauses"].label = _("If you leave: no new children come to you from now on (paused)")


def end(request: HttpRequest, pairing_id: int) -> HttpResponse:
    """By a coordinator or the mentor: why, and what follows from it."""
    found = access_pairing(request.user, pairing_id, "end")
    form = EndForm(request.POST or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            end_with_note(
                actor=request.user,
                pairing_id=pairing_id,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data.get("note", ""),
                never_again=form.cleaned_data.get("never_again", False),
                pauses=form.cleaned_data["pauses"],
                now=timezone.now(),
            )
        except Invalid as refused:
            form.add_error(None, " ".join([str(refused), *_in_words(refused)]))
        else:
            messages.success(request, _("Ended. Both sides are told; the room can still be read."))
            _whom_to_ring(request, [found.child_id])
            return redirect("pair", pairing_id) if may(request.user, "pairing", "list") else redirect("home")
    return render(request, "after/end.html", {"pairing": found, "form": form})


def _whom_to_ring(request: HttpRequest, children: list[int]) -> None:
    """Whom nothing on the site reaches: each name leads to the child's page with the telephones, a look on record."""
    homes = families_not_come(children) if may(request.user, "child", "read_contacts") else []
    if not homes:
        return
    said = ngettext(
        "%(number)d family has not joined yet and reads nothing here. Please ring:",
        "%(number)d families have not joined yet and read nothing here. Please ring:",
        len(homes),
    )
    names = [(reverse("child", args=[child.pk]), child.name) for child in homes]
    links = format_html_join(_(", "), '<a href="{}">{}</a>', names)
    messages.warning(request, format_html("{} {}", said % {"number": len(homes)}, links))


def _in_words(refused: Invalid) -> list[str]:
    """What stands against it, with the numbers of whom it is about."""
    return [
        f"{problem['words']} ({', '.join(' · '.join(pair) for pair in problem['people'])})"
        for problem in refused.facts.get("problems", [])
    ]


@require_POST
def anew(request: HttpRequest) -> HttpResponse:
    """A round over exactly these children, or over all; nothing holds until it is published."""
    children = None if "all" in request.POST else numbers(request.POST.getlist("child"))
    round_ = match_anew(actor=request.user, child_ids=children)
    return redirect("round", round_.pk)


class AwayForm(forms.Form):
    until = forms.DateField(
        label=gettext_lazy("Cancel the meetings up to and including"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def away(request: HttpRequest, mentor_id: int) -> HttpResponse:
    """A mentor is ill from today: who is affected, and what to do, in one place."""
    found = access_mentor(request.user, mentor_id, "write")
    now = timezone.now()
    given = None if "back" in request.POST else request.POST or None
    form = AwayForm(given, initial={"until": timezone.localdate(now + USUAL)})
    if given and form.is_valid():
        try:
            return _ill(request, mentor_id, form)
        except Invalid as refused:
            form.add_error(None, str(refused))
    if request.method == "POST" and "back" in request.POST:
        return _back(request, mentor_id)
    coming, today = next_meetings(request.user, found, now), timezone.localdate(now)
    gone = fallen_away(found, now).count()
    context = {
        "mentor": found,
        "form": form,
        "pairs": sorted(
            ((pairing, coming.get(pairing.pk)) for pairing in pairs_of(found)),
            key=lambda pair: (pair[1] is None, pair[1] or now),
        ),
        "soon": meetings_until(found, timezone.localdate(now + USUAL), now).count(),
        "fallen_away": gone,
        "may_come_back": found.paused or gone or found.is_away(today),
        "today": today,
        "furthest": timezone.localdate(now + FURTHEST),
    }
    return render(request, "after/away.html", context)


def _back(request: HttpRequest, mentor_id: int) -> HttpResponse:
    away = fallen_away(access_mentor(request.user, mentor_id, "write"), timezone.now())
    children = list(away.values_list("child", flat=True))
    number = mentor_is_back(actor=request.user, mentor_id=mentor_id)
    said = ngettext(
        "The mentor is back. %(number)d meeting takes place after all; the families are told.",
        "The mentor is back. %(number)d meetings take place after all; the families are told.",
        number,
    )
    messages.success(request, said % {"number": number} if number else _("The mentor is back."))
    _stays_cancelled(request, mentor_id)
    _whom_to_ring(request, children)
    return redirect("mentor", mentor_id)


AGAINST = {
    Against.TAKEN: gettext_lazy("one of the two has another meeting then"),
    Against.OTHER_HOUR: gettext_lazy("the pair has another weekly hour now"),
    Against.NO_DAY: gettext_lazy("there are no meetings on that day"),
}


def _stays_cancelled(request: HttpRequest, mentor_id: int) -> None:
    """Which meetings don't come back with the mentor, and why."""
    mentor = access_mentor(request.user, mentor_id, "write")
    left = []
    for gone, why in not_on_again(mentor, timezone.now()):
        if why in AGAINST:
            said = _("%(when)s (%(why)s)") % {"when": day_and_hour(gone.start), "why": AGAINST[why]}
            left.append((reverse("pair", args=[gone.pairing_id]), gone.pairing.child.name, said))
    if not left:
        return
    said = ngettext(
        "%(number)d meeting stays cancelled; please look for another time with the family:",
        "%(number)d meetings stay cancelled; please look for another time with the families:",
        len(left),
    )
    rows = format_html_join(_("; "), '<a href="{}">{}</a> {}', left)
    messages.warning(request, format_html("{} {}", said % {"number": len(left)}, rows))


def _ill(request: HttpRequest, mentor_id: int, form: AwayForm) -> HttpResponse:
    until = form.cleaned_data["until"]
    done = mentor_is_ill(actor=request.user, mentor_id=mentor_id, until=until, anew="anew" in request.POST)
    said = ngettext(
        "%(number)d meeting up to %(day)s is cancelled; the families are told.",
        "%(number)d meetings up to %(day)s are cancelled; the families are told.",
        done.cancelled,
    )
    messages.success(request, said % {"number": done.cancelled, "day": day(until)})
    away = fallen_away(access_mentor(request.user, mentor_id, "write"), timezone.now())
    _whom_to_ring(request, list(away.values_list("child", flat=True)))
    if done.round is None:
        return redirect("away", mentor_id)
    messages.success(
        request,
        _(
            "The mentor is paused from now on, and their children are being matched anew: the pairs change once you publish."
        ),
    )
    return redirect("round", done.round.pk)
