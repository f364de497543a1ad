"""What people will be told when a plan is published, with its real words, before anybody is told."""

from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from backend.accounts.models import User
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, is_told, notice_of
from backend.notices.wording import letter, on_page
from chat.telling import news_of_pairings
from matching.models import Pairing
from matching.publishing import Difference


@dataclass(frozen=True, slots=True)
class Preview:
    """One kind of notice to one kind of people, and what the first of them will read in their language.

    people: how many are told.  in_peace: how many are not, because their family is left in peace.
    by_mail: how many have an address.
    """

    kind: Kind
    audience: Audience
    people: int
    in_peace: int
    by_mail: int
    name: str
    language: str
    page: str
    subject: str
    body: str


def preview(found: Difference, *, origin: str, now: datetime) -> list[Preview]:
    """Of what publishing this difference would tell; a few queries, however many people."""
    started = [
        Pairing(
            child_id=each.child_id,
            role=each.role,
            mentor_id=each.mentor_id,
            slot=each.slot,
            subject_id=each.subject_id,
        )
        for each in found.started
    ]
    moved, old_slots = [], {}
    for pairing, proposal in found.moved:
        if pairing.slot != proposal.slot:
            after = copy(pairing)
            old_slots[pairing.pk], after.slot = pairing.slot, proposal.slot
            moved.append(after)
    news = news_of_pairings(Kind.PAIRING_STARTED, started)
    news += news_of_pairings(Kind.PAIRING_MOVED, moved, old_slots=old_slots)
    news += news_of_pairings(Kind.PAIRING_ENDED, list(found.ended))
    return _by_kind(news, origin, now)


def _by_kind(news: list[News], origin: str, now: datetime) -> list[Preview]:
    users = User.objects.in_bulk({each.person for each in news})
    groups: dict[tuple[Kind, Audience], list[News]] = defaultdict(list)
    for each in news:
        groups[each.kind, each.audience].append(each)
    return [_preview(kind, audience, rows, users, origin, now) for (kind, audience), rows in groups.items()]


def _preview(
    kind: Kind, audience: Audience, rows: list[News], users: dict[int, User], origin: str, now: datetime
) -> Preview:
    told = [each for each in rows if is_told(each)]
    people = {each.person for each in told}
    one = (told or rows)[0]
    notice, reader = notice_of(one, now), users[one.person]
    with translation.override(reader.language):
        page = on_page(notice)
    subject, body = letter([notice], reader.language, origin)
    return Preview(
        kind=kind,
        audience=audience,
        people=len(people),
        in_peace=len({each.person for each in rows} - people),
        by_mail=sum(1 for person in people if users[person].email),
        name=reader.name,
        language=reader.language,
        page=page,
        subject=subject,
        body=body,
    )
