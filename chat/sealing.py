"""Talk of which a family sees no trace: not its words, and not that a number, a line or a notice is missing.

What is sealed is known further up, so a layer above says it, as queries that are asked inside others.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat

from backend.policy import Relation
from chat.models import Event, Meeting, Room, Session
from chat.models.rooms import MSG
from chat.rules.gaps import Gaps
from chat.rules.meetings import NEAR
from chat.rules.times import HOUR

FAMILY = frozenset({Relation.GUARDIAN, Relation.READER, Relation.LIMITED_GUARDIAN, Relation.CARER})
Talks = Callable[[], QuerySet[Any]]
Naming = Callable[[Any], QuerySet[Any]]
_talks: list[Talks] = []
_naming: list[Naming] = []


def seal_with(talks: Talks, naming: Naming) -> None:
    """talks: rows with ``room``, ``first``, ``last`` and ``sessions``, of everything that is sealed now.

    naming: children of whose sealed talk a person is the subject.
    """
    _talks.append(talks)
    _naming.append(naming)


def named_about(user: Any) -> Q:
    """Of children: those about whom something sealed names this person."""
    found = Q(pk=None)
    for naming in _naming:
        found |= Q(pk__in=naming(user))
    return found


def is_kept_from(relations: set[Relation]) -> bool:
    """Whoever is of the family, whatever else they are."""
    return not FAMILY.isdisjoint(relations)


def sealed_words() -> Q:
    """Of events: those inside sealed talk."""
    found = Q(pk=None)
    for talks in _talks:
        around = talks().filter(room=OuterRef("room"), first__lte=OuterRef("s"), last__gte=OuterRef("s"))
        found |= Q(Exists(around))
    return found


def wholly_sealed() -> QuerySet[Session]:
    """Sessions in which nothing is said but sealed talk, as it is now: what is written about them is sealed too."""
    said = Event.objects.filter(
        room=OuterRef("room"),
        kind=MSG,
        at__gte=OuterRef("opened_at"),
        at__lte=Coalesce(OuterRef("ended_at"), F("at")),
    )
    near = Q(pk=None)
    for talks in _talks:
        near |= Q(Exists(talks().filter(sessions=OuterRef("pk"))))
    return Session.objects.filter(near, Exists(said)).exclude(Exists(said.exclude(sealed_words())))


def sealed_sessions() -> QuerySet[Session]:
    """Of these the ones that are no part of what took place. One that belongs to a meeting stays: that did."""
    meeting_near = Meeting.objects.filter(
        pairing=OuterRef("room__pairing"),
        start__lte=OuterRef("opened_at") + NEAR,
        start__gt=OuterRef("opened_at") - HOUR,
    )
    return wholly_sealed().filter(meeting=None).exclude(Q(ended_at=None) & Exists(meeting_near))


def sealed_abouts() -> QuerySet[Any]:
    """Those about which nothing that was written shows, as a notice names them."""
    about = Concat(Value("session:"), Cast(F("pk"), CharField()), output_field=CharField())
    return wholly_sealed().annotate(about=about).values("about")


def gaps_in(room: Room) -> Gaps:
    """What is left out of this room for its family: the words, and every event that points at them.

    What else happened meanwhile stays: another weekly hour, the beginning of a meeting. It takes the same
    queries whether anything is sealed or not.
    """
    spans = [span for talks in _talks for span in talks().filter(room=room).values_list("first", "last")]
    talk = Gaps.of(spans)
    sessions = set(sealed_sessions().filter(room=room).values_list("pk", flat=True))
    points, stays = [], []
    events = Event.objects.filter(room=room).exclude(kind=MSG)
    for s, facts in events.values_list("s", "facts"):
        if facts.get("session") in sessions or talk.hides(facts.get("target", 0)):
            points.append((s, s))
        elif talk.hides(s):
            stays.append(s)
    return Gaps.of([*spans, *points], but=stays)
