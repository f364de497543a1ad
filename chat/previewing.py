"""What people will be told when a plan is published, with its real words, before anybody is told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import translation

from backend.accounts.models import User
from backend.notices import texting
from backend.notices.kinds import RULES, Audience, Kind, is_rationed
from backend.notices.outbox import News, notice_of
from backend.notices.wording import letter, on_page
from backend.rosters.family import families_of
from chat.telling import news_of_pairings, told_of_family
from matching.models import Pairing, Proposal, Round
from matching.review import beginning, ending, with_another_hour


@dataclass(frozen=True, slots=True)
class Preview:
    """One kind of notice to one kind of people, and what one of them will read in their language.

    people: how many are told.  in_peace: how many are not, because their family is left in peace.
    by_mail: how many have an address.  by_text: how many are sent an SMS instead, where those are set up.
    """

    kind: Kind
    audience: Audience
    people: int
    in_peace: int
    by_mail: int
    by_text: int
    name: str
    language: str
    page: str
    subject: str
    body: str


@dataclass(slots=True)
class _Told:
    """Of one kind and audience: users by id, and the place that shows one of them what is told."""

    people: set[int] = field(default_factory=set)
    in_peace: set[int] = field(default_factory=set)
    example: tuple[int, int] = (0, 0)  # the id of the place, and of the person


def preview(round_: Round, *, origin: str, now: datetime) -> list[Preview]:
    """Of what publishing this plan would tell. Everybody is counted; only an example of each is put into words."""
    places: dict[Kind, QuerySet[Any]] = {
        Kind.PAIRING_STARTED: beginning(round_),
        Kind.PAIRING_MOVED: with_another_hour(round_),
        Kind.PAIRING_ENDED: ending(round_),
    }
    columns = ("pk", "child", "child__quiet_since", "mentor__user")
    rows = {kind: list(of.order_by("pk").values_list(*columns)) for kind, of in places.items()}
    families = families_of({child for each in rows.values() for _pk, child, _quiet, _mentor in each})
    told = {kind: _told(kind, each, families) for kind, each in rows.items()}
    with_mail = set(User.objects.exclude(email=None).exclude(email="").values_list("pk", flat=True))
    with_phone = User.objects.exclude(phone=None).exclude(phone="").values_list("pk", flat=True)
    texted = set(with_phone) - with_mail if texting.available() else set()
    found = []
    for kind, by_audience in told.items():
        for audience, (news, reader) in _examples(kind, places[kind], by_audience).items():
            found.append(_preview(news, reader, by_audience[audience], (with_mail, texted), origin, now))
    return found


def _told(kind: Kind, rows: Iterable[tuple[Any, ...]], families: Any) -> dict[Audience, _Told]:
    rationed = {audience for audience in Audience if is_rationed(audience, RULES[kind].weight)}
    found: dict[Audience, _Told] = defaultdict(_Told)
    for place, child, quiet_since, mentor in rows:
        for person, audience in (*told_of_family(kind, families[child]), (mentor, Audience.MENTOR)):
            counted = found[audience]
            if quiet_since is not None and audience in rationed:
                counted.in_peace.add(person)
            else:
                if not counted.people:
                    counted.example = place, person
                counted.people.add(person)
            if not counted.example[0]:
                counted.example = place, person
    for counted in found.values():
        counted.in_peace -= counted.people
    return found


def _examples(
    kind: Kind, places: QuerySet[Any], told: dict[Audience, _Told]
) -> dict[Audience, tuple[News, User]]:
    """The news of each audience's example, and who reads it, as they will be made when it is told.

    None of an audience whose example has vanished since it was counted.
    """
    wanted = {counted.example[0] for counted in told.values()}
    rows = {row.pk: row for row in places.filter(pk__in=wanted)} if wanted else {}
    pairings = {pk: row if isinstance(row, Pairing) else _pairing(row) for pk, row in rows.items()}
    hours = None
    if kind is Kind.PAIRING_MOVED:
        hours = {pk: row.hour_now for pk, row in rows.items()}
    news = news_of_pairings(kind, list(pairings.values()), old_slots=hours)
    readers = User.objects.in_bulk({counted.example[1] for counted in told.values()})
    found = {}
    for audience, counted in told.items():
        place, person = counted.example
        wanted_news = (f"pairing:{place}", person, audience)
        one = next((n for n in news if (n.about, n.person, n.audience) == wanted_news), None)
        if one and person in readers:
            found[audience] = one, readers[person]
    return found


def _pairing(proposal: Proposal) -> Pairing:
    """As it will be. It stands under the proposal's id, which nobody is shown."""
    return Pairing(
        pk=proposal.pk,
        child_id=proposal.child_id,
        role=proposal.role,
        mentor_id=proposal.mentor_id,
        slot=proposal.slot,
        subject_id=proposal.subject_id,
    )


def _preview(
    news: News, reader: User, counted: _Told, reached: tuple[set[int], set[int]], origin: str, now: datetime
) -> Preview:
    notice = notice_of(news, now)
    with translation.override(reader.language):
        page = on_page(notice)
    subject, body = letter([notice], reader.language, origin)
    return Preview(
        kind=news.kind,
        audience=news.audience,
        people=len(counted.people),
        in_peace=len(counted.in_peace),
        by_mail=len(counted.people & reached[0]),
        by_text=len(counted.people & reached[1]),
        name=reader.name,
        language=reader.language,
        page=page,
        subject=subject,
        body=body,
    )
