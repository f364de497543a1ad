"""What happens to pairings, meetings and summaries, as news for those who should know.

There is no reminder of a coming meeting and nothing to confirm: a family is told what changed. Who did
something is not told that they did it. Nobody is told who was late or who did not come.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from backend import policy
from backend.notices.kinds import RULES, Audience, Kind
from backend.notices.outbox import News, show_later, tell
from backend.policy import Relation
from backend.rosters.family import Family, families_of
from backend.rosters.models import Child, Mentor
from backend.rosters.surnames import given_name
from chat.access import CHILD_FIRST
from chat.met import told_to_family
from chat.models import Elsewhere, Meeting, Session, Summary
from chat.rules.meetings import MeetingState
from chat.rules.times import HOUR
from matching.models import Pairing, Role


def pairings_started(
    sender: Any, *, pairings: list[Pairing], now: datetime | None = None, **_facts: Any
) -> None:
    now = now or timezone.now()
    first = dict(
        Meeting.objects.to_come()
        .filter(pairing__in=pairings, start__gt=now)
        .order_by("-start")
        .values_list("pairing_id", "start")
    )
    _tell_of_pairings(Kind.PAIRING_STARTED, pairings, now, needed_by=first)


def pairings_moved(
    sender: Any,
    *,
    pairings: list[Pairing],
    old_slots: dict[int, int],
    now: datetime | None = None,
    **_facts: Any,
) -> None:
    moved = [pairing for pairing in pairings if old_slots[pairing.pk] != pairing.slot]
    _tell_of_pairings(Kind.PAIRING_MOVED, moved, now or timezone.now(), old_slots=old_slots)


def pairings_ended(
    sender: Any, *, pairings: list[Pairing], now: datetime | None = None, **_facts: Any
) -> None:
    _tell_of_pairings(Kind.PAIRING_ENDED, pairings, now or timezone.now())


def meeting_changed(
    sender: Any,
    *,
    meeting: Meeting,
    actor: Any,
    old_start: datetime,
    was: str,
    before: int | None,
    **_facts: Any,
) -> None:
    """before: who had changed this meeting last. To them and their family it is an answer."""
    if meeting.state == MeetingState.CANCELLED:
        kind = Kind.MEETING_CANCELLED
    else:
        kind = Kind.MEETING_ON_AGAIN if was == MeetingState.CANCELLED else Kind.MEETING_MOVED
    facts = {"start": _iso(meeting.start)}
    if kind is Kind.MEETING_MOVED:
        facts["old_start"] = _iso(old_start)
    when = {
        "needed_by": min(old_start, meeting.start),
        "useful_until": max(old_start, meeting.start) + HOUR,
    }
    pairing = meeting.pairing
    family = families_of([pairing.child_id])[pairing.child_id]
    facts["by"] = side_of(actor.pk, pairing, family)
    is_answer = before in family and actor.pk not in family
    news = [
        *_to_family(kind, pairing, family, f"meeting:{meeting.pk}", facts, reply=is_answer, **when),
        _to_mentor(kind, pairing, f"meeting:{meeting.pk}", facts, **when),
    ]
    tell((each for each in news if each.person != actor.pk), now=meeting.changed_at or timezone.now())


def hand_over_left(pairing: Pairing, now: datetime) -> None:
    """To the mentor of this pairing: the one before has left a few words."""
    tell([_to_mentor(Kind.HAND_OVER, pairing, f"pairing:{pairing.pk}", {})], now=now)


def side_of(person: int | None, pairing: Pairing, family: Family) -> str:
    """Whose doing it was, as both sides may know: the family's, the mentor's, or nobody's of the two."""
    if person in family:
        return "family"
    return "mentor" if person == pairing.mentor.user_id else ""


def meeting_missed(meeting: Meeting, now: datetime) -> None:
    """Inside the transaction that judges it. A meeting reported from elsewhere did take place."""
    if Elsewhere.objects.filter(meeting=meeting, disputed_at=None).exists():
        return
    pairing, about = meeting.pairing, f"meeting:{meeting.pk}"
    facts = {"start": _iso(meeting.start)}
    family = families_of([pairing.child_id])[pairing.child_id]
    news = [
        *_to_family(Kind.MEETING_MISSED, pairing, family, about, facts),
        _to_mentor(Kind.MEETING_MISSED, pairing, about, facts),
    ]
    tell(news, now=now)


def summary_written(summary: Summary, now: datetime) -> None:
    """Inside the transaction that keeps it. Later versions are not news, but a wellbeing one that nobody
    but the child could read yet is the child's for a whole day again. A glance that the family is not told
    of as a meeting is no news either."""
    target = _target(summary)
    if isinstance(target, Session) and not told_to_family([target], now):
        return
    pairing, about = target.room.pairing, f"{target._meta.model_name}:{target.pk}"
    is_wellbeing = pairing.role == Role.WELLBEING
    readable = now + CHILD_FIRST if is_wellbeing else now
    if summary.version > 1:
        if is_wellbeing:
            show_later(kind=Kind.SUMMARY_WRITTEN, about=about, shown_from=readable, now=now)
        return
    family = families_of([pairing.child_id])[pairing.child_id]
    news = _to_family(Kind.SUMMARY_WRITTEN, pairing, family, about, {"start": _iso(_began(target))})
    tell(
        [
            replace(each, shown_from=readable) if each.audience is Audience.FAMILY else each
            for each in news
            if each.audience is Audience.FAMILY or is_wellbeing
        ],
        now=now,
    )


def _target(summary: Summary) -> Session | Elsewhere:
    """What it is about, with the people, in one query."""
    people = ("room__pairing__child", "room__pairing__mentor")
    if summary.session_id is not None:
        return Session.objects.select_related(*people, "meeting").get(pk=summary.session_id)
    return Elsewhere.objects.select_related(*people).get(pk=summary.elsewhere_id)


def _began(target: Session | Elsewhere) -> datetime:
    if isinstance(target, Elsewhere):
        return target.began_at
    return target.meeting.start if target.meeting else target.opened_at


def _tell_of_pairings(kind: Kind, pairings: list[Pairing], now: datetime, **more: Any) -> None:
    tell(news_of_pairings(kind, pairings, **more), now=now)


def news_of_pairings(
    kind: Kind,
    pairings: list[Pairing],
    *,
    needed_by: dict[int, datetime] | None = None,
    old_slots: dict[int, int] | None = None,
) -> list[News]:
    """All of a round in a few queries. They need not be in the database yet."""
    mentors = Mentor.objects.in_bulk({pairing.mentor_id for pairing in pairings})
    children = Child.objects.in_bulk({pairing.child_id for pairing in pairings})
    families = families_of(pairing.child_id for pairing in pairings)
    news: list[News] = []
    for pairing in pairings:
        pairing.mentor, pairing.child = mentors[pairing.mentor_id], children[pairing.child_id]
        facts: dict[str, Any] = {"slot": pairing.slot, "role": pairing.role}
        if old_slots is not None:
            facts["old_slot"] = old_slots[pairing.pk]
        about, by = f"pairing:{pairing.pk}", (needed_by or {}).get(pairing.pk)
        news += _to_family(kind, pairing, families[pairing.child_id], about, facts, needed_by=by)
        news.append(_to_mentor(kind, pairing, about, facts))
    return news


def _to_family(
    kind: Kind, pairing: Pairing, family: Family, about: str, facts: dict[str, Any], **more: Any
) -> Iterator[News]:
    """Who is guardian and carer is told once."""
    for person, audience in told_of_family(kind, family):
        yield News(
            person=person,
            audience=audience,
            kind=kind,
            about=about,
            child=pairing.child_id,
            quiet=pairing.child.quiet_since is not None,
            facts={**facts, "mentor": _names(pairing.mentor.name), "child": pairing.child.call_name},
            **more,
        )


def told_of_family(kind: Kind, family: Family) -> Iterator[tuple[int, Audience]]:
    """Whoever of the family may read of this by the policy, and as what."""
    right = RULES[kind].right
    assert right is not None
    for person, relations in family.items():
        if policy.allows(*right, relations):
            yield person, Audience.CHILD if Relation.CHILD in relations else Audience.FAMILY


def _to_mentor(kind: Kind, pairing: Pairing, about: str, facts: dict[str, Any], **more: Any) -> News:
    return News(
        person=pairing.mentor.user_id,
        audience=Audience.MENTOR,
        kind=kind,
        about=about,
        child=pairing.child_id,
        facts={**facts, "child": pairing.child.call_name},
        **more,
    )


def _names(name: str) -> dict[str, str]:
    """李老师 in Chinese, where a family says no more."""
    given = given_name(name)
    family = name.removesuffix(given) if given != name else name
    return {"zh": f"{family}老师", "en": name}


def _iso(moment: datetime) -> str:
    return moment.isoformat()
