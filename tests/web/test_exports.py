"""Pairs and meetings as files, and a mentor's calendar: nothing is a formula, and nobody is named outside."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar
from openpyxl import load_workbook

from backend.audit.models import Entry
from backend.rosters.models import Child
from chat.models import Meeting
from matching.models import Pairing
from tests.chat.people import add_family

pytestmark = pytest.mark.django_db
PASSWORD = "a quiet evening"


@pytest.fixture
def family():
    found = add_family(1)
    found.coordinator.set_password(PASSWORD)
    found.coordinator.save()
    Child.objects.filter(pk=found.child.pk).update(name="=1+1 李")
    Meeting.objects.filter(pairing__child=found.child).delete()
    for pairing, days in zip(Pairing.objects.live(), (2, -2), strict=False):
        start = timezone.now() + timedelta(days=days)
        people = {"child_id": pairing.child_id, "mentor_id": pairing.mentor_id}
        judged = {} if days > 0 else {"state": "missed", "missed_by": "child", "judged_at": timezone.now()}
        seconds = {} if days > 0 else {"child_s": 0, "mentor_s": 725, "both_s": 0}
        Meeting.objects.create(
            pairing=pairing, planned_start=start, start=start, **people, **judged, **seconds
        )
    return found


def rows_of(content: bytes) -> list[list[str]]:
    if content.startswith(b"PK"):
        sheet = load_workbook(io.BytesIO(content)).active
        assert all(cell.data_type in ("s", "n") for row in sheet for cell in row)  # no formula
        return [[cell.value or "" for cell in row] for row in sheet]
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_pairs_and_meetings_go_out_for_the_password_and_are_recorded(family, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    desk = Client()
    desk.force_login(family.coordinator)
    today = timezone.localdate()
    span = {"first": today - timedelta(days=7), "last": today + timedelta(days=7)}
    assert b"PK" not in desk.post("/export/pairs/", {"form": "xlsx", "password": "wrong"}).content[:2]
    assert not Entry.objects.filter(action__endswith="exported").exists()
    for form, name in (("xlsx", "=1+1 李"), ("csv", "'=1+1 李")):
        pairs = rows_of(desk.post("/export/pairs/", {"form": form, "password": PASSWORD}).content)
        assert len(pairs) == 3 and {row[1] for row in pairs[1:]} == {name}
        assert {row[7] for row in pairs[1:]} == {family.academic.name, family.wellbeing.name}
        assert pairs[1:] and all(
            re.fullmatch(r"([一二三四五六]年级|[初高][一二三])", row[2]) for row in pairs[1:]
        )
        assert {row[3] for row in pairs[1:]} == {family.child.district.name}
        assert all(re.fullmatch(r"周[一二三四五六日] \d\d:00–\d\d:00", row[8]) for row in pairs[1:])
        assert {row[5] for row in pairs[1:]} == {str(p.subject or "") for p in Pairing.objects.live()}
        given = {"form": form, "password": PASSWORD, **span}
        meetings = rows_of(desk.post("/export/meetings/", given).content)
        assert meetings[0][0] == "日期"
        assert sorted((row[7], row[8], row[10]) for row in meetings[1:]) == [
            ("待见", "", ""),
            ("错过", "孩子", "12"),
        ]
    assert Entry.objects.filter(action="meetings.exported").count() == 2
    given = {"form": "csv", "password": PASSWORD, "first": span["last"], "last": span["first"]}
    assert "不能早于" in desk.post("/export/meetings/", given).content.decode()
    # Of one's own family nothing goes out as staff.
    family.child.guardianships.update(guardian=family.coordinator)
    given = {"form": "csv", "password": PASSWORD, **span}
    assert len(rows_of(desk.post("/export/meetings/", given).content)) == 1


def test_a_mentor_s_calendar_names_nobody_and_keeps_its_ids(family, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    meeting = Meeting.objects.filter(start__gt=timezone.now()).select_related("mentor__user").get()
    mentor = Client()
    mentor.force_login(meeting.mentor.user)

    def events() -> list:
        answer = mentor.get("/my-meetings.ics")
        assert answer.headers["Content-Type"].startswith("text/calendar")
        for secret in (
            family.child.name,
            family.child.call_name,
            meeting.mentor.name,
            family.child.roster_id,
        ):
            assert secret not in answer.content.decode()
        return [each for each in Calendar.from_ical(answer.content).walk("VEVENT")]

    (event,) = events()
    assert event.decoded("dtstart") == meeting.start.replace(microsecond=0)
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=30)
    uid = str(event["uid"])
    Meeting.objects.filter(pk=meeting.pk).update(state="cancelled", changed_at=timezone.now())
    (event,) = events()
    assert (str(event["uid"]), str(event["status"])) == (uid, "CANCELLED")
