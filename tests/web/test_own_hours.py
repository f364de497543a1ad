"""What a mentor sets about their own time, and what a calendar elsewhere learns of it: when, never with whom."""

import re
from dataclasses import dataclass

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation
from icalendar import Calendar

from backend.audit.models import Entry
from backend.errors import Invalid
from backend.rosters.models import Child, Mentor, MentorSlot
from backend.web.mentor_forms import SummaryForm
from backend.web.saying import told_apart
from chat.models import CalendarFeed
from matching.models import Pairing
from matching.own_hours import OwnHours, to_keep
from tests.chat.people import add_family, at
from tests.web.test_family import browser_of

WEDNESDAY_19, THURSDAY_20 = 67, 92


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({10, 92}, {10, 92, 67}),  # 67 is a child's and free: it stays though nobody asked for it
        ({92, 69}, {92, 67}),  # 69 is a child's whose hour does not suit: it does not come back by this way
        ({7}, None),  # rooms are shut at seven
        ({22}, None),
        ({168}, None),
        ({-1}, None),
    ],
)
def test_an_hour_that_a_child_has_stays_as_it_was(asked, kept):
    before = OwnHours(Mentor(), frozenset({67, 68}), {67: Pairing(), 69: Pairing()}, 8, 22, 21)
    if kept is None:
        with pytest.raises(Invalid):
            to_keep(asked, before)
    else:
        assert to_keep(asked, before) == kept


def test_somebody_without_children_keeps_at_least_one_hour():
    with pytest.raises(Invalid):
        to_keep(set(), OwnHours(Mentor(), frozenset({68}), {}, 8, 22, 21))


@dataclass
class Pair:
    pk: int
    child: Child
    slot: int = 67


def test_two_of_the_same_name_are_told_apart():
    def child(name: str, grade: int) -> Child:
        return Child(call_name=name, grade=grade, name="王" + name)

    pairs = [
        Pair(1, child("子涵", 5)),
        Pair(2, child("子涵", 7)),
        Pair(3, child("沐阳", 5)),
        Pair(4, child("一诺", 3), slot=10),
        Pair(5, child("一诺", 3), slot=92),
    ]
    with translation.override("zh-hans"):
        assert told_apart(pairs) == {
            1: "子涵（五年级）",
            2: "子涵（初一）",
            3: "沐阳",
            4: "一诺（周一 10:00）",
            5: "一诺（周四 20:00）",
        }


def test_a_summary_is_two_taps_and_what_is_typed_stands_below():
    with translation.override("zh-hans"):
        form = SummaryForm({"phrases": ["0", "5"], "body": " 下次带圆规。"}, role="academic")
        assert form.is_valid(), form.errors
        assert form.cleaned_data["body"] == "复习了上次的内容。下次从这里接着来。\n下次带圆规。"
        assert SummaryForm({"phrases": ["0"]}, role="wellbeing").is_valid()
        read = {
            subject: "一起读了课文。" in str(SummaryForm(role="academic", subject=subject)["phrases"])
            for subject in ("chinese", "english", "math", "physics", None)
        }
        assert read == {"chinese": True, "english": True, "math": False, "physics": False, None: False}
        for wrong in ({}, {"phrases": ["6"]}, {"phrases": ["x"]}):
            assert not SummaryForm(wrong, role="academic").is_valid()


@pytest.fixture
def family(db):
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def seen(page: str) -> list[str]:
    """The free hours as the page was sent, which it sends back."""
    return re.findall(r'name="seen" value="(\d+)"', page)


def slots(mentor: Mentor) -> set[int]:
    return set(MentorSlot.objects.filter(mentor=mentor).values_list("slot", flat=True))


def test_a_mentor_sets_the_week_and_the_child_s_hour_is_no_box(family):
    mentor = browser_of(family.academic.user)
    with time_machine.travel(at(12), tick=False):
        page = mentor.get("/my-hours/").content.decode()
        boxes = {int(value) for value in re.findall(r'name="slot"\s+value="(\d+)"', page)}
        assert WEDNESDAY_19 not in boxes and THURSDAY_20 in boxes and "沐阳" in page
        assert re.findall(r"(\d\d)<sup>", page) == ["21"] and "21:00 起，房间只对满16岁的学生开放" in page
        assert mentor.post("/my-hours/", {"slot": [10, THURSDAY_20], "seen": seen(page)}).status_code == 302
        assert slots(family.academic) == {10, THURSDAY_20, WEDNESDAY_19}
        now = seen(mentor.get("/my-hours/").content.decode())
        again = mentor.post("/my-hours/", {"slot": [3], "seen": now})
        assert again.status_code == 400 and "房间只在" in again.content.decode()
        assert slots(family.academic) == {10, THURSDAY_20, WEDNESDAY_19}
        mentor.post("/my-hours/pause/", {"paused": "yes"})
        family.academic.refresh_from_db()
        page = mentor.get("/my-hours/").content.decode()
        assert family.academic.paused and "结束暂停" in page
        assert page.count("您在暂停中") == 2, "as an answer to the tap too"
        assert "您在暂停中" in mentor.get("/").content.decode()
    assert [entry.facts for entry in Entry.objects.filter(action="mentor.hours_set")] == [
        {"added": 1, "removed": 4}
    ]


def test_an_hour_that_was_no_box_on_the_page_is_not_taken_away_by_it(family):
    """Its child had it when the page was opened, and not any more when it was sent."""
    mentor = browser_of(family.academic.user)
    with time_machine.travel(at(12), tick=False):
        page = mentor.get("/my-hours/").content.decode()
        fields = re.findall(r'name="(\w+)"\s+value="(\d+)"(\s+checked)?', page)
        sent: dict[str, list[str]] = {}
        for name, value, checked in fields:
            if name != "slot" or checked:
                sent.setdefault(name, []).append(value)
        Pairing.objects.filter(mentor=family.academic).update(ended_at=at(12), end_reason="rematched")
        before = slots(family.academic)
        assert mentor.post("/my-hours/", sent).status_code == 302
    assert slots(family.academic) == before and WEDNESDAY_19 in before


def test_a_calendar_elsewhere_learns_when_and_nothing_of_the_child(family):
    mentor, anybody = browser_of(family.academic.user), Client()
    with time_machine.travel(at(12), tick=False):
        page = mentor.post("/my-calendar/").content.decode()
        path = re.search(r"/calendar/[\w-]{43}/meetings\.ics", page)[0]
        answer = anybody.get(path)
        starts = [event["dtstart"].dt for event in Calendar.from_ical(answer.content).walk("VEVENT")]
        assert starts[0] == at(19, day=19) and len(starts) == 4
        told = answer.content.decode() + str(answer.headers)
        for nothing in ("沐阳", "数学", "math", "五年级", "李老师", "academic", f"/{family.child.pk}/"):
            assert nothing not in told
        assert not CalendarFeed.objects.filter(secret_hash__in=path.split("/")).exists()
        assert path not in mentor.get("/my-calendar/").content.decode()
        # A new address ends the old; ending ends it; so does the end of the account.
        newer = re.search(r"/calendar/[\w-]{43}/", mentor.post("/my-calendar/").content.decode())[0]
        newer += "meetings.ics"
        assert anybody.get(path).status_code == 404 and anybody.get(newer).status_code == 200
        family.academic.user.is_active = False
        family.academic.user.save()
        assert anybody.get(newer).status_code == 404
        family.academic.user.is_active = True
        family.academic.user.save()
        browser_of(family.academic.user).post("/my-calendar/", {"end": "1"})
        assert anybody.get(newer).status_code == 404
        nowhere = anybody.get("/calendar/x/meetings.ics")
        assert nowhere.status_code == 404
    assert timezone.is_aware(starts[0])


@pytest.mark.django_db
def test_the_second_of_two_pages_of_hours_is_told_and_overwrites_nothing():
    family = add_family()
    mentor, client = family.academic, browser_of(family.academic.user)
    shown = seen(client.get("/my-hours/").content.decode())
    assert client.post("/my-hours/", {"slot": [68, 92], "seen": shown}).status_code == 302
    first = set(MentorSlot.objects.filter(mentor=mentor).values_list("slot", flat=True))
    late = client.post("/my-hours/", {"slot": [69], "seen": shown})
    assert late.status_code == 409 and "另一个页面" in late.content.decode()
    assert set(MentorSlot.objects.filter(mentor=mentor).values_list("slot", flat=True)) == first
    now = seen(late.content.decode())
    assert {int(slot) for slot in now} == first and client.post("/my-hours/", {"slot": [69], "seen": now})
    MentorSlot.objects.filter(mentor=mentor).delete()
    none = seen(client.get("/my-hours/").content.decode())
    MentorSlot.objects.create(mentor=mentor, slot=70)
    assert none == [] and client.post("/my-hours/", {"slot": [69], "seen": none}).status_code == 409
    assert slots(mentor) == {70}


@pytest.mark.django_db
def test_a_child_is_offered_no_app_with_codes():
    family = add_family()
    assert "验证码应用" not in browser_of(family.child.user).get("/account/").content.decode()
    assert "验证码应用" in browser_of(family.parent).get("/account/").content.decode()
