"""Reading a room in an emergency: asked by one, approved by another, for an hour; alone only in danger."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.access import check_may, may
from backend.accounts.models import User
from backend.audit import log as audit
from backend.care import rules
from backend.care.access import access_case, access_reading, access_room_to_ask, is_close, who_may_decide
from backend.care.cases import sealed_case_of
from backend.care.models import Reading
from backend.care.rules import Fault
from backend.errors import Conflict, Invalid
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell
from chat.models import Room
from chat.opening import Opened
from chat.rules.times import local_day, local_time

FAULTS = {
    Fault.BACKWARDS: gettext_lazy("The last day is before the first one."),
    Fault.TOO_LONG: gettext_lazy("At most 31 days can be read at a time."),
    Fault.TO_COME: gettext_lazy("Only days up to today can be read."),
    Fault.TOO_OLD: gettext_lazy("At most a year back can be read."),
    Fault.NO_REASON: gettext_lazy("Please write down the reason, in at least 20 characters."),
}


class AlreadyAsked(Conflict):
    code = "reading.asked"


class JustRefused(Conflict):
    code = "reading.just_refused"


class AlreadyDecided(Conflict):
    code = "reading.decided"


@transaction.atomic
def ask_in_emergency(
    *,
    actor: Any,
    room_id: int,
    first_day: date,
    last_day: date,
    code: str,
    reason: str,
    alone: bool = False,
) -> Reading:
    """alone: a lead goes ahead at once, in immediate danger; another lead looks at it the next day.

    Raises Invalid, AlreadyAsked while an earlier asking of this person for this room waits, or JustRefused for
    going ahead alone where somebody refused it to them within a day.
    """
    room = access_room_to_ask(actor, room_id)
    if alone:
        check_may(actor, "reading", "go_ahead_alone")
    now = timezone.now()
    _check(first_day, last_day, code, reason, local_day(now))
    if alone and Reading.objects.refused(now).filter(room=room, asked_by=actor).exists():
        raise JustRefused(_("This was refused to you within the last day. Another lead decides."))
    _lapse(room, actor)
    reading = Reading(
        room=room,
        first_day=first_day,
        last_day=last_day,
        code=code,
        reason=reason.strip(),
        asked_by=actor,
        asked_at=now,
        alone=alone,
        state=Reading.State.OPENED if alone else Reading.State.WAITING,
        opened_at=now if alone else None,
        case=sealed_case_of(room.pairing.child_id),
    )
    try:
        with transaction.atomic():
            reading.save(force_insert=True)
    except IntegrityError:
        raise AlreadyAsked(_("You have asked for this room already; it waits for a second person.")) from None
    days = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
    act = "reading.opened_alone" if alone else "reading.asked"
    audit.record(actor, act, reading, room=room.pk, code=code, **days)
    if alone:
        others = [lead for lead in who_may_decide(reading) if lead.is_safeguarding_lead]
        _tell(Kind.READING_ALONE, reading, others)
    else:
        _tell(Kind.READING_ASKED, reading, who_may_decide(reading))
    return reading


def _check(first_day: date, last_day: date, code: str, reason: str, today: date) -> None:
    fault = rules.fault_of(first_day=first_day, last_day=last_day, reason=reason, today=today)
    if fault is not None:
        raise Invalid(str(FAULTS[fault]))
    if code not in Reading.Code.values:
        raise Invalid(_("Please say why."))


def _lapse(room: Room, actor: Any) -> None:
    """What nobody decided within a day is over: it makes room for a new asking."""
    old = Reading.objects.filter(room=room, asked_by=actor, state=Reading.State.WAITING)
    old.filter(asked_at__lte=timezone.now() - rules.WAITS_FOR).update(state=Reading.State.LAPSED)


@transaction.atomic
def decide_reading(*, actor: Any, reading_id: int, approve: bool) -> Reading:
    """Opens the room to the asker for an hour, or refuses. Raises AlreadyDecided for the second of two."""
    reading = access_reading(actor, reading_id, "decide")
    now = timezone.now()
    case = reading.case
    if case is None or not case.is_sealed:
        case = sealed_case_of(reading.room.pairing.child_id) or case
    claimed = (
        Reading.objects.filter(pk=reading.pk)
        .waiting(now)
        .update(
            state=Reading.State.OPENED if approve else Reading.State.REFUSED,
            decided_by=actor,
            decided_at=now,
            opened_at=now if approve else None,
            case=case,
        )
    )
    if not claimed:
        raise AlreadyDecided(_("This was decided already, or is older than a day."))
    reading.refresh_from_db()
    audit.record(actor, "reading.approved" if approve else "reading.refused", reading)
    kind = Kind.READING_OPENED if approve else Kind.READING_REFUSED
    _tell(kind, reading, [reading.asked_by], reply=True)
    return reading


@transaction.atomic
def review_reading(*, actor: Any, reading_id: int, review: str) -> Reading:
    """Another lead's word about what one did alone. Raises AlreadyDecided for the second of two."""
    reading = access_reading(actor, reading_id, "review")
    if review not in Reading.Review.values:
        raise Invalid(_("Please say whether it was right."))
    unreviewed = Reading.objects.to_review().filter(pk=reading.pk)
    if not unreviewed.update(review=review, reviewed_by=actor, reviewed_at=timezone.now()):
        raise AlreadyDecided(_("This was reviewed already."))
    audit.record(actor, "reading.reviewed", reading, review=review)
    reading.refresh_from_db()
    return reading


@transaction.atomic
def attach_reading(*, actor: Any, reading_id: int, case_id: int) -> Reading:
    """The reading belongs to the case: while that is sealed, the family is not told of it."""
    reading, case = access_reading(actor, reading_id, "attach"), access_case(actor, case_id, "attach")
    if case.child_id != reading.room.pairing.child_id:
        raise Invalid(_("This case is about another child."))
    reading.case = case
    reading.save(update_fields=["case"])
    audit.record(actor, "case.reading_attached", case, reading=reading.pk)
    return reading


def opened_to(user: Any, room: Room) -> Opened | None:
    """For the room's gate: what this person may read of it now, by the newest reading that is open."""
    if not user.is_coordinator:
        return None
    own = Reading.objects.open(timezone.now()).filter(room=room, asked_by=user)
    if not may(user, "reading", "go_ahead_alone"):
        own = own.filter(alone=False)
    reading = own.order_by("-opened_at").first()
    # Who is no lead any more has no business in a wellbeing room, whatever was approved before.
    if reading is None or reading.opened_at is None or is_close(user, room):
        return None
    if not may(user, "reading", f"ask_{room.pairing.role}"):
        return None
    since, until = local_time(reading.first_day, 0), local_time(reading.last_day + timedelta(days=1), 0)
    capacity = "lead" if user.is_safeguarding_lead else "coordinator"
    return Opened(
        since, until, reading.opened_at + rules.OPEN_FOR, {"reading": reading.pk, "capacity": capacity}
    )


def _tell(kind: Kind, reading: Reading, people: Iterable[User], *, reply: bool = False) -> None:
    facts = {"asker": reading.asked_by.name, "role": reading.room.pairing.role}
    about = f"reading:{reading.pk}"
    news = (
        News(person=user.pk, audience=Audience.COORDINATOR, kind=kind, about=about, facts=facts, reply=reply)
        for user in people
    )
    tell(news, now=timezone.now())
