"""What a case lets those who work on it see of the child: telephones, and the lines around what raised it.

Each view stands in the log, with the case: the family reads of none.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from backend.audit import log as audit
from backend.care.access import access_case
from backend.care.models import Alert, Case
from backend.rosters.models import Carer, Guardianship
from chat.models import Event, Room
from chat.models.rooms import MSG

AROUND = 10  # lines before what raised the alert, and after it
OFFERED = 200  # messages of a room from which the first and the last of a case are chosen


@dataclass(frozen=True, slots=True)
class Phone:
    """number: empty where the roster has none.  who: relation or role."""

    name: str
    number: str
    kind: str  # guardian, carer
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """The lines around one alert, or around several of a room that lie together: the oldest first, as they were said."""

    alerts: list[Alert]
    lines: list[Event]

    @property
    def room(self) -> Room | None:
        return self.alerts[0].room

    @property
    def numbers(self) -> set[int | None]:
        """Of the messages that raised them."""
        return {alert.s for alert in self.alerts}


@transaction.atomic
def open_phones(*, actor: Any, case_id: int) -> list[Phone]:
    """Of the child's guardians and carer. Not of whom the case names: nobody must ring them by accident."""
    case = access_case(actor, case_id, "read_phones")
    links = Guardianship.objects.filter(child=case.child_id).exclude(guardian=case.named_id or 0)
    found = [
        Phone(link.guardian.name, link.guardian.phone or "", "guardian")
        for link in links.exclude(status=Guardianship.Status.SUSPENDED).select_related("guardian")
    ]
    carers = Carer.objects.filter(child=case.child_id).exclude(user=case.named_id or 0)
    found += [
        Phone(carer.user.name, carer.user.phone or "", "carer", carer.relation)
        for carer in carers.select_related("user")
    ]
    audit.record(actor, "case.phones_viewed", case)
    return found


@transaction.atomic
def open_words(*, actor: Any, case: Case) -> list[Window]:
    """Around each message that raised an alert of this case. Empty where none did: Help is no conversation."""
    access_case(actor, case.pk, "read_words")
    windows: list[Window] = []
    alerts = case.alerts.filter(room__isnull=False).order_by("room", "s", "pk")
    for alert in alerts.select_related("room__pairing"):
        lines = _around(alert)
        last = windows[-1] if windows and windows[-1].room == alert.room else None
        if last and last.lines and lines and lines[0].s <= last.lines[-1].s:
            last.alerts.append(alert)
            last.lines.extend([line for line in lines if line.s > last.lines[-1].s])
        else:
            windows.append(Window([alert], lines))
    if windows:
        audit.record(actor, "case.words_viewed", case, alerts=sorted(alert.pk for alert in alerts))
    return windows


def _around(alert: Alert) -> list[Event]:
    assert alert.s is not None
    said = Event.objects.filter(room=alert.room, kind=MSG)
    before = list(said.filter(s__lte=alert.s).order_by("-s")[: AROUND + 1])[::-1]
    return before + list(said.filter(s__gt=alert.s).order_by("s")[:AROUND])


def messages_to_join(case: Case) -> list[tuple[Room, list[Event]]]:
    """For whoever got the case: of each room of the child the newest, without what was said."""
    rooms = Room.objects.with_people().filter(pairing__child=case.child_id).order_by("pk")
    said = Event.objects.filter(kind=MSG).only("s", "sender", "at", "room").order_by("-s")
    return [(room, list(said.filter(room=room)[:OFFERED])) for room in rooms]
