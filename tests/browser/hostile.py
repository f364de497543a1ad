"""Markup in every text that a person can store: `python -m tests.browser.hostile` after the cast is in."""

import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import django
from openpyxl import Workbook

from chat.rules.times import local_day

ATTEMPT = "document.title='ran'"
WRAPS = [
    "<script>{}</script>",
    "</script><script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<body onload={}>",
    "<iframe srcdoc='<script>parent.{}</script>'></iframe>",
    '<a href="javascript:{}">x</a>',
    "<details open ontoggle={}>x</details>",
    "<input autofocus onfocus={}>",
    "<style>@import 'javascript:{}'</style>",
    "<math><mtext><img src=x onerror={}></mtext></math>",
]
BREAKS = ["", '"', "'", '">', "'>", "-->", "]]>", "</textarea>", "</title>", "}}"]
PAYLOADS = [before + wrap.format(ATTEMPT) for before, wrap in itertools.product(BREAKS, WRAPS)]


def main() -> None:
    django.setup()
    from uuid import uuid4

    from django.utils import timezone

    from backend.accounts.models import User
    from backend.rosters.models import Child, Mentor
    from chat.acts import Arrive, EndSession, Speak
    from chat.models import Room, Summary
    from chat.protocol import Side
    from chat.record import perform

    now = timezone.now()
    some = itertools.cycle(PAYLOADS)
    for child in Child.objects.all():
        child.name = child.call_name = next(some)[:60]
        child.needs, child.address = next(some), next(some)
        child.save()
    for mentor in Mentor.objects.all():
        mentor.name = next(some)[:60]
        mentor.save()
    for user in User.objects.all():
        user.name = next(some)[:60]
        user.save()
    for room in Room.objects.with_people():
        author = room.pairing.mentor.user_id
        said = [Speak(room.pk, Side.CHILD, str(uuid4()), text) for text in PAYLOADS]
        tabs = [Arrive(room.pk, side, uuid4()) for side in Side]
        perform([*tabs, *said, EndSession(room.pk, Side.MENTOR, author, next(some))], now=now)
    assert Summary.objects.count() == 2
    print(json.dumps(more_than_rooms(some, now)))


def more_than_rooms(some: Iterator[str], now: Any) -> dict[str, int]:
    """What waits, who reads, cases, invitations, files. Returns the ids that pages are about."""
    from datetime import timedelta
    from uuid import uuid4

    from backend.accounts.models import User
    from backend.care.cases import open_case_by_hand
    from backend.care.readings import ask_in_emergency
    from backend.rosters import imports
    from backend.rosters.looking import open_child
    from backend.rosters.models import Carer, Certificate, Child, Guardianship
    from backend.rosters.ways_in import invite_person
    from chat.meetings import record_meeting_elsewhere
    from chat.models import Held, Meeting, Room
    from chat.programme import add_holiday
    from chat.readers import ask_to_read
    from chat.sessions import write_summary
    from tests.browser.cast import PASSWORD

    lead = User.objects.create_user(
        name=next(some)[:60],
        login="lead",
        password=PASSWORD,
        is_coordinator=True,
        is_safeguarding_lead=True,
    )
    desk, child = User.objects.get(login="coordinator"), Child.objects.get()
    room = Room.objects.with_people().get(pairing__child=child, pairing__role="academic")
    pairing, link = room.pairing, Guardianship.objects.get(child=child)
    for text in PAYLOADS:
        Held.objects.create(room=room, sender="mentor", cid=uuid4(), body=text, said_at=now)
    today = local_day(now)
    for who, alone in ((desk, False), (lead, True)):
        asked = {"room_id": room.pk, "first_day": today, "last_day": today, "code": "danger"}
        ask_in_emergency(actor=who, reason=next(some), alone=alone, **asked)
    case = open_case_by_hand(actor=lead, child_id=child.pk, kind="other", named=pairing.mentor.user_id)
    for who in (desk, lead):
        open_child(actor=who, child_id=child.pk, now=now)
    for about in (child.user_id, link.guardian_id, pairing.mentor.user_id):
        invite_person(actor=desk, user_id=about)
    ask_to_read(actor=link.guardian, child_id=child.pk)
    Carer.objects.update(relation=next(some)[:20])
    Certificate.objects.update_or_create(
        mentor=pairing.mentor, kind=next(some)[:40], defaults={"number": next(some)[:40]}
    )
    Guardianship.objects.update(status_reason=next(some)[:200])
    add_holiday(actor=desk, day=today + timedelta(days=40), name=next(some)[:40])
    report = record_meeting_elsewhere(
        actor=pairing.mentor.user,
        pairing_id=pairing.pk,
        began_at=now - timedelta(hours=3),
        minutes=20,
        medium="phone",
    )
    write_summary(actor=pairing.mentor.user, report_id=report.pk, body=next(some))
    book, content = Workbook(), io.BytesIO()
    for _row in range(3):
        book.active.append([next(some) for _column in range(6)])
    book.save(content)
    name = f"{next(some)[:90]}.xlsx"
    upload = imports.check_upload(actor=desk, file_name=name, content=content.getvalue())
    meeting = Meeting.objects.to_come().filter(pairing=pairing).earliest("start")
    raised = of_those_on_duty(some, now, lead)
    ids = {
        "case": case,
        "raised": raised,
        "link": link,
        "mentor": pairing.mentor,
        "meeting": meeting,
        "upload": upload,
    }
    return {name: row.pk for name, row in ids.items()}


def of_those_on_duty(some: Iterator[str], now: Any, lead: Any) -> Any:
    """A shift, a report with notes, numbers to ring. Returns the case."""
    from datetime import timedelta

    from backend.accounts.models import User
    from backend.care import alerts, hotlines
    from backend.care.models import Shift
    from backend.rosters.models import Child

    child, parent = Child.objects.get(), User.objects.get(login="parent")
    hours = {"begins_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=3)}
    Shift.objects.create(person=lead, post="counsellor", **hours)
    for kind in ("concern", "report"):
        raised = alerts.tell_those_on_duty(actor=parent, child_id=child.pk, kind=kind, words=next(some))
        alerts.take_case(actor=lead, case_id=raised.case_id)
        for note in ("call", "note"):
            alerts.add_note(actor=lead, case_id=raised.case_id, kind=note, body=next(some))
    names = [{"number": f"1235{n}", "name": next(some)[:60], "name_en": next(some)[:60]} for n in range(3)]
    hotlines.save_numbers(actor=lead, rows=[each | {"confirmed_on": None} for each in names])
    return raised.case


if __name__ == "__main__":
    main()
