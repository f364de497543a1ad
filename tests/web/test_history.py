"""The history's page, its month at a glance, its paper and its file: that each says what took place, and no more."""

import io
import json
import zipfile
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import translation

from backend.audit.models import Entry
from backend.rosters.models import Child, Guardianship
from backend.web.months import month_of, outcome, signs_in
from backend.web.saying import spoken
from chat.history import Line, months_before
from chat.models import Event, Meeting
from chat.rules.meetings import MeetingState
from tests.chat.people import add_family, at
from tests.chat.test_meetings import academic, together
from tests.web.test_family import browser_of


@pytest.fixture
def family():
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def line(state: str, when, **more) -> Line:
    return Line(more.pop("kind", "meeting"), "academic", "李老师", when, None, state, **more)


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (line("held", at(19)), "met"),
        (line("planned", at(19), session=3), "met"),  # together, and not judged yet
        (line("missed", at(19)), "not_met"),
        (line("missed", at(19), session=3), "not_met"),  # a moment only
        (line("cancelled", at(19)), "cancelled"),
        (line("void", at(19)), "void"),
        (line("held", at(19), kind="elsewhere"), "met"),
        (line("held", at(19), kind="elsewhere", disputed=True), "void"),
    ],
)
def test_what_became_of_a_meeting(told, what):
    assert outcome(told) == what


def test_a_month_has_its_weeks_and_the_days_their_signs():
    # 23:30 in UTC on the 18th is the 19th in Shanghai; the missed hour was made good by telephone.
    lines = [
        line("missed", at(7.5, day=19), meeting=5),
        line("held", at(7.5, day=19), kind="elsewhere", meeting=5),
        line("missed", at(20, day=20), meeting=6),
        line("held", at(9, day=20), session=1),
        line("held", at(19, day=1) - timedelta(days=1), session=2),  # January
    ]
    weeks = month_of(date(2020, 2, 1), lines, [], date(2020, 2, 19), who=lambda name: name[0])
    assert [len(week) for week in weeks] == [7] * 5
    days = [day for week in weeks for day in week]
    assert [day.day for day in days[:7]] == [None] * 5 + [date(2020, 2, 1), date(2020, 2, 2)]
    assert days[-2].day == date(2020, 2, 29) and days[-1].day is None
    marked = {day.day.day: (day.marks, day.best, day.is_today) for day in days if day.marks}
    assert marked == {
        19: ([("met", "李")], "met", True),
        20: ([("met", "李"), ("not_met", "李")], "met", False),
    }
    assert signs_in(weeks) == ["met", "not_met"]
    off = [
        SimpleNamespace(start=at(19, day=21), pairing=SimpleNamespace(mentor=SimpleNamespace(name="李老师")))
    ]
    days = [day for week in month_of(date(2020, 2, 1), lines, [], date(2020, 2, 19), off=off) for day in week]
    told = {day.day.day: (day.best, day.is_told) for day in days if day.marks}
    assert told == {19: ("met", True), 20: ("met", True), 21: ("cancelled", False)}
    assert [months_before(date(2020, 2, 1), n) for n in (-1, 1, 2, 14)] == [
        date(2020, 3, 1),
        date(2020, 1, 1),
        date(2019, 12, 1),
        date(2018, 12, 1),
    ]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_where_a_meeting_was_moved_from_the_month_and_the_list_say_so(family):
    """From the end of February into March, and within a day, which leaves no gap."""
    moved = Meeting.objects.filter(pairing=academic(family).pairing).order_by("start")
    to_march, same_day = moved.filter(start__gte=at(0, day=26))[0], moved[0]
    assert to_march.start == at(19, day=26)
    there = at(19, day=29) + timedelta(days=2)
    Meeting.objects.filter(pk=to_march.pk).update(start=there, state=MeetingState.MOVED, changed_at=at(12))
    Meeting.objects.filter(pk=same_day.pk).update(
        start=at(20, day=19), state=MeetingState.MOVED, changed_at=at(12)
    )
    path = f"/children/{family.child.pk}/history/?month=2020-02"
    said = "李老师：原定2月26日 周三 19:00，已改到3月2日 周一 19:00"
    for now, state in (
        (at(10, day=27), {}),
        (there + timedelta(days=1), {"state": "void"}),
    ):  # ahead, and past
        judged = {"judged_at": there + timedelta(hours=1)} if state else {}
        Meeting.objects.filter(pk=to_march.pk).update(**state, **judged)
        with time_machine.travel(now, tick=False):
            page = browser_of(family.parent).get(path).content.decode()
        assert page.count(said) == 1 and 'id="2020-02-26"' in page
        assert page.count("→") == 2, "in its day and in the key"
        assert "3月2日 周一 19:00</span>" not in page, "March's own line stays in March"
    with time_machine.travel(there + timedelta(days=1), tick=False):
        march = browser_of(family.parent).get(path.replace("-02", "-03")).content.decode()
    assert "（原定2月26日 周三 19:00）" in march and "→" not in march


def test_an_hour_is_said_as_to_a_grandmother():
    today = date(2020, 2, 17)
    with translation.override("zh-hans"):
        said = [spoken(at(hour, day=day), today) for hour, day in ((19, 17), (20.5, 18), (9, 18), (12, 19))]
        assert said == ["今晚7点", "明晚8点半", "明天上午9点", "周三中午12点"]
    with translation.override("en"):
        assert spoken(at(19), today) == "today 19:00"


def judged(meeting: Meeting, state: str, **more) -> None:
    when = {"judged_at": meeting.start + timedelta(hours=2), "mentor_s": 1700, "child_s": 1700}
    Meeting.objects.filter(pk=meeting.pk).update(**{"state": state, "both_s": 1680, **when, **more})


def met_and_missed(family) -> None:
    """The mentor of studies came on Wednesday, the one of wellbeing did not meet the child on Thursday."""
    together(family.rooms["academic"], at(19, day=19), 28, words=2)
    judged(academic(family), MeetingState.HELD)
    other = Meeting.objects.filter(pairing=family.rooms["wellbeing"].pairing).earliest("start")
    judged(other, MeetingState.MISSED, missed_by="child", both_s=0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_first_lines_say_of_each_mentor_whether_they_came(family):
    met_and_missed(family)
    with time_machine.travel(at(10, day=21), tick=False):
        for path in ("/", f"/children/{family.child.pk}/history/"):
            page = browser_of(family.parent).get(path).content.decode()
            page = page[page.index("<main") :]
            newest, before = (
                page.index("昨晚的见面：王老师这次没有见到沐阳"),
                page.index("李老师周三见了沐阳，28分钟。"),
            )
            assert newest < before < page.index("<table") < page.index("#2020-02-19")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_list_is_narrowed_and_printed_as_it_was_narrowed(family):
    met_and_missed(family)
    parent, path = browser_of(family.parent), f"/children/{family.child.pk}/history/"
    cases = {
        "": (True, True),
        "?role=academic": (True, False),
        "?role=wellbeing": (False, True),
        "?what=met": (True, False),
        "?what=not_met&role=academic": (False, False),
        "?what=nonsense": (True, True),
        "?month=2020-03": (False, False),
        "?month=2020-03&span=year": (True, True),
    }
    with time_machine.travel(at(10, day=21), tick=False):
        for query, (studies, wellbeing) in cases.items():
            for page in (parent.get(path + query), parent.get(f"{path}paper/{query}")):
                roles = {entry["line"].role for entry in page.context["lines"]}
                assert roles == {r for r, there in (("academic", studies), ("wellbeing", wellbeing)) if there}
        assert "missed_by" not in page.content.decode() and "分数。" in page.content.decode()
        assert browser_of(family.child.user).get(path).context.get("weeks") is None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_file_holds_the_history_and_nothing_that_is_not_the_parent_s(family):
    met_and_missed(family)
    Child.objects.update(needs="怕黑", address="泉城路1号")
    other = type(family.parent).objects.create_user(name="林爸爸", phone="13800138000")
    Guardianship.objects.create(child=family.child, guardian=other, order=2)
    path = f"/children/{family.child.pk}/history/file/"
    with time_machine.travel(at(10, day=21), tick=False):
        answer = browser_of(family.parent).post(path)
        again = browser_of(family.parent).post(path)
        for user in (
            family.stranger,
            family.carer,
            family.child.user,
            family.academic.user,
            family.coordinator,
        ):
            assert browser_of(user).post(path).status_code == browser_of(user).get(path).status_code == 404
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        page, data = (archive.read(f"history.{kind}").decode() for kind in ("html", "json"))
    told = json.loads(data)
    assert [(row["role"], row["state"], row["summary"]) for row in told["history"]] == [
        ("wellbeing", "missed", None),
        ("academic", "held", "分数。"),
    ]
    assert told["mentors"][1] == {
        "name": "王老师",
        "roles": ["wellbeing"],
        "certificates": ["level 2"],
        "vetted": True,
    }
    said = Event.objects.filter(kind="msg").exclude(body=None).values_list("body", flat=True)
    assert said and "分数。" in page
    for kept_back in ("怕黑", "泉城路", "13800138000", "林爸爸", "missed_by", *said):
        assert kept_back not in page and kept_back not in data, kept_back
    assert Entry.objects.filter(action="child.exported", actor_id=family.parent.pk).count() == 2
    assert answer.content == again.content  # nothing in it but what is kept
