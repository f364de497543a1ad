"""The child's page: two teachers, when each comes next, and the door to each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend.ages import rules_at
from backend.rosters.models import Carer, Child, Consent
from backend.web.bands import Band, band_of
from backend.web.saying import coming, parent, spoken, teacher
from backend.web.views import help as help_pages
from chat import day, desk, readers
from chat.access import meetings_for
from chat.models import Reader
from chat.rules.meetings import length_for
from matching.models import Pairing


def home(request: HttpRequest, child: Child) -> HttpResponse:
    today, band = timezone.localdate(), band_of(child.grade)
    when = spoken if band is Band.SMALL else coming
    off = list(meetings_for(request.user).called_off(timezone.now()))
    cards = [
        {
            "place": place,
            "role": place.room.pairing.role,
            "subject": place.room.pairing.subject,
            "who": teacher(place.room.pairing.mentor.name),
            "when": when(place.next.start, today) if place.next else "",
            "called_off": [
                spoken(row.start, today) for row in off if row.pairing_id == place.room.pairing_id
            ],
        }
        for place in desk.places_for(actor=request.user)
    ]
    asking, reading = [], {}
    along = readers.readers_for(request.user, child)
    relations = dict(Carer.objects.filter(child=child).values_list("user", "relation")) if along else {}
    for reader in along:
        others = {each.guardian_id: each.guardian.name for each in along}
        del others[reader.guardian_id]
        reader.who = relations.get(reader.guardian_id) or parent(reader.guardian.name, list(others.values()))
        if reader.state == Reader.State.ASKED:
            asking.append(reader)
        elif reader.why == Reader.Why.AGREED:
            reading.setdefault(reader.room_id, []).append(reader)
    for card in cards:
        card["reading"] = reading.get(card["place"].room.pk, ())
    told = help_pages.card(child)
    minutes = int(length_for(child.grade).total_seconds() // 60)
    context = {
        "child": child,
        "band": band,
        "cards": cards,
        "minutes": minutes,
        "help": told["card"],
        "helper": told["who"],
        "rests_until": day.rests_until(child, timezone.now()),
        "asking": asking,
        "paused": _is_paused(child),
        "had_mentors": Pairing.objects.filter(child=child).exists(),
        "rules": rules_at(child.birth_date, timezone.now()),
    }
    return render(request, "child/home.html", context)


def _is_paused(child: Child) -> bool:
    """A consent was given once, and none stands."""
    given = Consent.objects.filter(child=child)
    return given.exists() and not given.filter(withdrawn_on=None).exists()
