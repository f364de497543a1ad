"""The site takes only hours that end when rooms close, at the child's age; the `match` command takes all."""

import pytest
import time_machine

from backend.accounts.models import User
from backend.rosters import imports, people
from backend.rosters.lists import DISTRICTS
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.rows import read_roster
from chat.rules.hours import Hours
from tests.rosters.test_messy_files import CHILD, MENTOR, workbook

pytestmark = pytest.mark.django_db
EVENING = "周一 19-24点；周二 6-9点"
ALL = {19, 20, 21, 22, 23, 30, 31, 32}


@pytest.fixture
def coordinator() -> User:
    return User.objects.create_user(name="甲", is_coordinator=True)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2020-02-17T12:00:00+08:00", tick=False):
        yield


@pytest.mark.parametrize(
    ("born", "hours", "taken"),
    [
        ("2010-02-17", Hours(), {19, 20, 32}),
        ("2004-02-18", Hours(), {19, 20, 32}),  # sixteen tomorrow
        ("2004-02-17", Hours(), {19, 20, 21, 32}),
        ("2010-02-17", Hours(6, 20, 24), {19, 30, 31, 32}),
    ],
)
def test_other_hours_of_a_file_are_left_out_with_a_warning(coordinator, settings, born, hours, taken) -> None:
    settings.ROOM_HOURS = hours
    grade = "高一" if born < "2005" else "五年级"
    child, mentor = (
        CHILD | {"可用时间": EVENING, "出生日期": born, "年级": grade},
        MENTOR | {"可用时间": EVENING},
    )
    upload = imports.check_upload(
        actor=coordinator, file_name="r.xlsx", content=workbook(children=(child,), mentors=(mentor,))
    )
    assert upload.report["problems"] == []
    assert {(each["row"], each["column"]) for each in upload.report["warnings"]} == {(2, "availability")}
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert set(Child.objects.get().free_slots.values_list("slot", flat=True)) == taken
    of_mentor = {slot for slot in ALL if hours.opens <= slot % 24 < hours.closes_grown}
    assert set(Mentor.objects.get().free_slots.values_list("slot", flat=True)) == of_mentor
    # The same file again changes nothing.
    again = imports.check_upload(
        actor=coordinator, file_name="r.xlsx", content=workbook(children=(child,), mentors=(mentor,))
    )
    assert again.report["difference"]["children"]["unchanged"] == ["K1"]
    assert again.report["difference"]["mentors"]["unchanged"] == ["M1"]


def test_a_row_in_which_no_hour_remains_is_bad(coordinator) -> None:
    child = CHILD | {"可用时间": "周一 21-23点"}
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=workbook(children=(child,)))
    assert [(each["row"], each["column"]) for each in upload.report["problems"]] == [(2, "availability")]


def test_who_types_one_in_is_asked_for_another(coordinator) -> None:
    imports.take_upload(
        actor=coordinator,
        upload_id=imports.check_upload(actor=coordinator, file_name="r.xlsx", content=workbook()).pk,
    )
    child, mentor = Child.objects.get(), Mentor.objects.get()
    for save in (
        lambda hours: people.save_child(actor=coordinator, child_id=child.pk, cells={"availability": hours}),
        lambda hours: people.save_mentor(
            actor=coordinator, mentor_id=mentor.pk, cells={"availability": hours}
        ),
    ):
        with pytest.raises(people.BadCells) as refused:
            save("周一 19-23点")
        assert [each["column"] for each in refused.value.facts["problems"]] == ["availability"]
        save("周一 19-21点")
    assert set(child.free_slots.values_list("slot", flat=True)) == {19, 20}


def test_the_command_takes_every_hour() -> None:
    child, mentor = CHILD | {"可用时间": EVENING}, MENTOR | {"可用时间": EVENING}
    files = [("workbook", "r.xlsx", workbook(children=(child,), mentors=(mentor,)))]
    read = read_roster(files, districts=DISTRICTS)
    assert read.children[0].get("availability") == ALL == read.mentors[0].get("availability")
    assert [each for each in read.warnings if each.column == "availability"] == []
