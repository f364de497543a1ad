"""What a file says is looked at twice: who looks like another, what a birth date does not lead to, what changes."""

import pytest
import time_machine

from backend.accounts.models import User
from backend.errors import Invalid, NotYours
from backend.rosters import choosing, imports
from backend.rosters.models import Child, Mentor, RosterUpload, SetAside
from tests.rosters.test_messy_files import CHILD, MENTOR, workbook
from tests.rosters.test_wizard_files import K2, K, brought, kids

pytestmark = pytest.mark.django_db


def look_alikes(upload: RosterUpload) -> list[tuple[int, str, bool]]:
    return [(one["row"], one["looks_like"], one["in_file"]) for one in upload.report["problems"]]


def test_the_same_child_under_two_numbers_waits_for_somebody_to_say_so(coordinator: User) -> None:
    first = brought(coordinator, kids({"学生编号": "K9"}, {"学生编号": "K8"}))  # in one file
    assert look_alikes(first) == [(3, "K1", True), (4, "K1", True)]
    with pytest.raises(imports.UploadMovedOn):
        imports.take_upload(actor=coordinator, upload_id=first.pk)
    say = {"actor": coordinator, "upload_id": first.pk}
    with pytest.raises(Invalid):
        choosing.say_two_children(**say, version=1, row=2)
    choosing.say_two_children(**say, version=1, row=3)
    with pytest.raises(NotYours):
        choosing.ask_again(**say, version=2, row=4)
    assert look_alikes(choosing.ask_again(**say, version=2, row=3))[0] == (3, "K1", True)
    choosing.say_two_children(**say, version=3, row=3)
    upload = choosing.set_rows_aside(**say, version=4, rows={(K, 4)})
    assert upload.report["problems"] == [] and len(upload.changes) == 4
    imports.take_upload(actor=coordinator, upload_id=first.pk)
    assert sorted(Child.objects.values_list("roster_id", flat=True)) == ["K1", "K9"]


def test_where_nobody_can_be_asked_two_who_look_alike_are_taken_in_with_a_remark(coordinator: User) -> None:
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=kids({"学生编号": "K9"}))
    assert [one["row"] for one in upload.report["warnings"] if one["looks_like"] == "K1"] == [3]
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert sorted(Child.objects.values_list("roster_id", flat=True)) == ["K1", "K9"]


def test_a_child_that_got_another_number_keeps_the_one_it_has(coordinator: User) -> None:
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids()).pk)
    later = brought(coordinator, workbook(children=({**CHILD, "学生编号": "K10", "年级": "六年级"},)))
    assert look_alikes(later) == [(2, "K1", False)]
    choosing.correct_cells(
        actor=coordinator, upload_id=later.pk, version=1, kind=K, column="child_id", was="K10", becomes="K1"
    )
    imports.take_upload(actor=coordinator, upload_id=later.pk)
    assert list(Child.objects.values_list("roster_id", "grade")) == [("K1", 6)]
    other_day = {**K2, "姓名": CHILD["姓名"], "出生日期": CHILD["出生日期"].replace("17", "18")}
    assert brought(coordinator, kids(other_day)).report["problems"] == []


@pytest.mark.parametrize(
    ("born", "grade", "remarked"),
    [
        ("2014-08-31", 5, False),  # six in time for the autumn of 2020: 7 on this day
        ("2014-08-31", 4, True),
        ("2014-08-31", 9, False),
        ("2014-08-31", 10, True),
        ("2014-09-01", 9, True),  # a year later: 6
        ("2004-02-17", 12, True),
    ],
)
def test_a_grade_that_the_birth_date_does_not_lead_to_is_remarked_and_can_be_taken(
    coordinator: User, born: str, grade: int, remarked: bool
) -> None:
    with time_machine.travel("2026-11-26T12:00:00+08:00", tick=False):
        upload = brought(coordinator, workbook(children=({**CHILD, "出生日期": born, "年级": grade},)))
    told = [(one["row"], one["column"], one["name"]) for one in upload.report["warnings"]]
    assert told == [(2, "grade", CHILD["姓名"])] * remarked and upload.state == "checked"


def test_what_changes_is_told_with_names_from_what_to_what_but_for_what_only_a_look_shows(
    coordinator: User,
) -> None:
    person = {**CHILD, "住址": "泉城路 1 号"}
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, workbook(children=(person,))).pk)
    person |= {"年级": "六年级", "可用时间": "tue-19;wed-19", "住址": "泉城路 2 号"}
    upload = brought(coordinator, workbook(children=(person,), mentors=({**MENTOR, "可带人数": 3},)))
    assert upload.report["changing"] == {
        "children": [
            {
                "id": "K1",
                "name": "陈雨桐",
                "cells": [
                    ["grade", "5", "6"],
                    ["availability", "mon-19;tue-19", "tue-19;wed-19"],
                    ["address", None, None],
                ],
            }
        ],
        "mentors": [{"id": "M1", "name": "高远", "cells": [["capacity", "2", "3"]]}],
    }


def test_a_file_of_which_all_children_were_set_aside_still_brings_its_mentors(coordinator: User) -> None:
    upload = brought(coordinator, workbook(children=({**CHILD, "年级": "五年及"},)))
    choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1)
    upload = imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert (Child.objects.count(), Mentor.objects.count(), SetAside.objects.count()) == (0, 1, 1)


def test_a_remarked_row_is_named_and_can_be_set_aside(coordinator: User) -> None:
    upload = brought(coordinator, kids({**K2, "年级": "高三"}))
    remark = next(one for one in upload.report["warnings"] if one["column"] == "grade")
    assert (remark["kind"], remark["row"]) == ("children", 3) and remark["name"] == K2["姓名"]
    with pytest.raises(Invalid):  # all that remain are those with problems
        choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1)
    with pytest.raises(Invalid):
        choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1, rows={("children", 2)})
    upload = choosing.set_rows_aside(
        actor=coordinator, upload_id=upload.pk, version=1, rows={("children", 3)}
    )
    assert upload.state == "checked" and upload.report["warnings"] == []
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    kept = SetAside.objects.get()
    assert kept.row == 3 and [one["column"] for one in kept.problems] == ["grade"]
    assert Child.objects.count() == 1
