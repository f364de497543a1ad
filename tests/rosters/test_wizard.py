"""Bringing a file in over an evening: two people at once, rows that wait, a week's memory."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation
from openpyxl import load_workbook

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.errors import Invalid, NotYours
from backend.rosters import aside, blank_files, choosing, forgetting, imports, people
from backend.rosters.models import Child, RosterUpload, SetAside
from backend.rosters.moving_on import move_on
from tests.rosters.test_messy_files import CHILD, MENTOR, rename, workbook
from tests.rosters.test_wizard_files import K2, K, brought, headed, kids

pytestmark = pytest.mark.django_db
BAD = {**K2, "年级": "五年及"}


@pytest.fixture
def colleague(db: Any) -> User:
    return User.objects.create_user(name="李静", login="co2", is_coordinator=True)


def take_without_bad_rows(actor: User, content: bytes, *rows: int) -> RosterUpload:
    """rows: those of children to leave out; without, all that are bad."""
    upload = brought(actor, content)
    choosing.set_rows_aside(
        actor=actor, upload_id=upload.pk, version=1, rows={(K, row) for row in rows} or None
    )
    return imports.take_upload(actor=actor, upload_id=upload.pk)


def grade_right(actor: User, upload: RosterUpload, version: int) -> RosterUpload:
    return choosing.correct_cells(
        actor=actor,
        upload_id=upload.pk,
        version=version,
        kind=K,
        column="grade",
        was="五年及",
        becomes="五年级",
    )


def test_the_second_of_two_changes_nothing_and_is_told_what_the_first_did(
    coordinator: User, colleague: User
) -> None:
    upload = brought(coordinator, kids(BAD))
    grade_right(colleague, upload, 1)
    with translation.override("zh-hans"), pytest.raises(imports.UploadMovedOn, match="李静更正了 1 处。"):
        choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1)
    upload.refresh_from_db()
    assert upload.version == 2 and upload.choices["aside"] == [] and upload.state == "checked"
    with pytest.raises(imports.UploadMovedOn):
        imports.take_upload(actor=coordinator, upload_id=upload.pk, version=1)
    assert not Child.objects.exists()


def test_a_change_between_reading_and_writing_is_noticed(
    coordinator: User, colleague: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked at version 1, and the slower one's file is being read when the other writes."""
    upload = brought(coordinator, kids(BAD))
    read = choosing.reopen

    def slow(row: RosterUpload, choices: Any, **more: Any) -> Any:
        monkeypatch.setattr(choosing, "reopen", read)
        grade_right(colleague, upload, 1)
        return read(row, choices, **more)

    monkeypatch.setattr(choosing, "reopen", slow)
    with pytest.raises(imports.UploadMovedOn):
        choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1)
    upload.refresh_from_db()
    assert [one["by"] for one in upload.changes] == ["李静"] and upload.choices["aside"] == []


def test_a_reading_of_one_version_is_not_written_over_another(coordinator: User) -> None:
    read_before = brought(coordinator, kids(BAD))
    grade_right(coordinator, RosterUpload.objects.get(), 1)
    with pytest.raises(imports.UploadMovedOn):
        move_on(read_before, coordinator, 2, "sheets", choices={})
    assert RosterUpload.objects.get().choices["corrections"]


def test_a_file_is_taken_once_and_dropped_ones_never(coordinator: User, colleague: User) -> None:
    upload = brought(coordinator, kids())
    imports.take_upload(actor=coordinator, upload_id=upload.pk, version=1)
    taken = Entry.objects.filter(action="roster.imported").count()
    with translation.override("zh-hans"), pytest.raises(imports.UploadMovedOn, match="周敏导入了这份名单"):
        imports.take_upload(actor=colleague, upload_id=upload.pk, version=1)
    assert Entry.objects.filter(action="roster.imported").count() == taken == 1
    dropped = brought(coordinator, kids(K2))
    choosing.drop_upload(actor=colleague, upload_id=dropped.pk, version=1)
    with pytest.raises(imports.UploadMovedOn):
        imports.take_upload(actor=coordinator, upload_id=dropped.pk, version=1)
    dropped.refresh_from_db()
    assert (bytes(dropped.content), dropped.report["difference"]) == (b"", {})


def test_when_the_world_moved_the_file_is_looked_at_again(coordinator: User) -> None:
    upload = brought(coordinator, kids())
    User.objects.create_user(name="别人", login="x", phone="13900139000")  # the mentor's
    with pytest.raises(imports.NoLongerFits):
        imports.take_upload(actor=coordinator, upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.state, Child.objects.count()) == ("refused", 0)
    assert [one["column"] for one in upload.report["problems"]] == ["phone"]


def test_a_slip_is_named_with_all_its_rows_and_what_was_meant(coordinator: User) -> None:
    upload = brought(
        coordinator, kids(*({**BAD, "学生编号": f"K{n}", "姓名": f"陈{n}"} for n in range(2, 43)))
    )
    problems = [one for one in upload.report["problems"] if one["value"] == "五年及"]
    assert (len(problems), {one["near"] for one in problems}) == (41, {"五年级"})
    assert all(one["alike"] and one["name"] == f"陈{one['row'] - 1}" for one in problems)
    upload = grade_right(coordinator, upload, 1)
    assert (upload.state, len(upload.choices["corrections"])) == ("checked", 1)
    upload = choosing.undo_correction(actor=coordinator, upload_id=upload.pk, version=2, correction=1)
    assert len(upload.report["problems"]) == 41


def test_a_correction_taken_back_takes_those_that_built_on_it(coordinator: User) -> None:
    upload = brought(coordinator, kids(BAD, {**BAD, "学生编号": "K3"}))
    upload = choosing.correct_cells(
        actor=coordinator, upload_id=upload.pk, version=1, kind=K, column="grade", was="五年及", becomes="6"
    )
    upload = choosing.correct_row(
        actor=coordinator,
        upload_id=upload.pk,
        version=2,
        kind=K,
        row=3,
        cells={"grade": "5", "needs": "想家"},
    )
    upload = choosing.undo_correction(actor=coordinator, upload_id=upload.pk, version=3, correction=1)
    assert [(one["column"], one["rows"]) for one in upload.choices["corrections"]] == [("needs", [3])]
    assert [one["value"] for one in upload.report["problems"]] == ["五年及", "五年及"]


def test_who_was_set_aside_and_is_here_is_not_gone(imported: User, small_city: bytes) -> None:
    """By id, and by name where the id itself can't be read."""
    book = load_workbook(io.BytesIO(small_city))
    sheet = book["学生"]
    heads = [cell.value for cell in sheet[1]]
    ids, names = ([sheet.cell(r, heads.index(h) + 1) for r in (2, 3, 4)] for h in ("学生编号", "姓名"))
    here = Child.objects.get(roster_id=ids[2].value)
    assert {ids[0].value, ids[1].value} <= set(Child.objects.values_list("roster_id", flat=True))
    sheet.cell(2, heads.index("年级") + 1).value = "?"
    Child.objects.filter(roster_id=ids[0].value).update(name="旧名")
    ids[1].value = None
    Child.objects.filter(name=names[1].value).exclude(roster_id="K00002").update(name="别名")
    sheet.delete_rows(4)
    buffer = io.BytesIO()
    book.save(buffer)
    upload = take_without_bad_rows(imported, buffer.getvalue())
    assert upload.report["difference"]["children"]["gone"] == [here.roster_id]


def test_a_row_that_waits_is_brought_in_once(coordinator: User, colleague: User) -> None:
    take_without_bad_rows(coordinator, kids(BAD))
    row = aside.waiting(coordinator).get()
    assert (row.name, [one["column"] for one in row.problems]) == ("陈小满", ["grade"])
    with pytest.raises(people.BadCells):
        aside.bring_in(actor=coordinator, aside_id=row.pk, cells=row.cells)
    aside.bring_in(actor=coordinator, aside_id=row.pk, cells={**row.cells, "grade": "五年级"})
    assert Child.objects.get(roster_id="K2").guardianships.get().guardian.phone == "13800138000"
    with translation.override("zh-hans"), pytest.raises(aside.RowMovedOn, match="周敏 已经把这一行导入了"):
        aside.dismiss(actor=colleague, aside_id=row.pk)
    row.refresh_from_db()
    assert (row.cells, row.problems, row.end) == ({}, [], "brought_in")
    assert not aside.waiting(coordinator).exists()


def test_rows_with_a_wrong_value_wait_whatever_is_said_of_them_where_no_other_row_has_their_child(
    coordinator: User,
) -> None:
    for same in (False, True):
        upload = brought(coordinator, kids(BAD))
        wrong = {"kind": K, "column": "grade", "was": "五年及", "same": same}
        upload = choosing.set_value_aside(actor=coordinator, upload_id=upload.pk, version=1, **wrong)
        imports.take_upload(actor=coordinator, upload_id=upload.pk)
        assert [row.name for row in aside.waiting(coordinator)] == ["陈小满"]
        SetAside.objects.all().delete()


def test_a_row_that_is_of_another_child_after_all_does_not_vanish(coordinator: User) -> None:
    """It was said to be of the same child while its birth date was corrected; then that was taken back."""
    upload = brought(coordinator, kids({"学生编号": "K9", "出生日期": "2015-02-31"}))
    at = {"actor": coordinator, "upload_id": upload.pk}
    born = {"column": "birth_date", "was": "2015-02-31", "becomes": CHILD["出生日期"]}
    upload = choosing.correct_cells(**at, version=upload.version, kind=K, **born)
    twin = {"kind": K, "column": "child_id", "was": "K9", "rows": {3}, "same": True}
    upload = choosing.set_value_aside(**at, version=upload.version, **twin)
    upload = choosing.undo_correction(**at, version=upload.version, correction=1)
    imports.take_upload(**at)
    assert SetAside.objects.get().roster_id == "K9" and Child.objects.count() == 1


def test_a_row_without_an_id_waits_on_when_only_a_namesake_is_in_the_next_file(coordinator: User) -> None:
    take_without_bad_rows(coordinator, kids({"学生编号": None, "年级": "六年级"}))
    assert [row.name for row in aside.waiting(coordinator)] == ["陈雨桐"]
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids()).pk)
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids(K2)).pk)
    assert [row.name for row in aside.waiting(coordinator)] == ["陈雨桐"]
    known = brought(coordinator, kids({"学生编号": "K3", "年级": "六年级"}))
    choosing.say_two_children(actor=coordinator, upload_id=known.pk, version=1, row=3)
    imports.take_upload(actor=coordinator, upload_id=known.pk)
    assert not aside.waiting(coordinator).exists()


def test_whom_a_later_file_names_is_not_gone_by_an_earlier_one(coordinator: User) -> None:
    imports.take_upload(
        actor=coordinator, upload_id=brought(coordinator, kids(K2, {"学生编号": "K3", "姓名": "陈三"})).pk
    )
    earlier = imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids()).pk)
    assert earlier.report["difference"]["children"]["gone"] == ["K2", "K3"]
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids(K2)).pk)
    gone = people.set_gone_inactive(actor=coordinator, upload_id=earlier.pk)
    assert gone == {"children": ["K3"], "mentors": []}
    assert Child.objects.get(roster_id="K2").active


def test_marks_that_no_workbook_holds_are_left_out_of_the_bad_rows(coordinator: User) -> None:
    row = {**CHILD, "年级": "五\x0b年\x01及"}
    text = "\n".join((",".join(row), ",".join(row.values()))).encode()
    upload = imports.check_upload(actor=coordinator, file_name="r.csv", content=text)
    content = blank_files.bad_rows_of(actor=coordinator, upload_id=upload.pk)
    cells = [cell.value for cell in load_workbook(io.BytesIO(content)).active[2]]
    assert "五年及" in cells


def test_a_row_with_anothers_id_changes_nobody(coordinator: User) -> None:
    take_without_bad_rows(coordinator, kids({"姓名": "陈小满", "年级": "六年级"}), 3)
    row = aside.waiting(coordinator).get()
    with pytest.raises(people.BadCells):
        aside.bring_in(actor=coordinator, aside_id=row.pk, cells=row.cells)
    assert list(Child.objects.values_list("roster_id", "name", "grade")) == [("K1", "陈雨桐", 5)]
    aside.bring_in(actor=coordinator, aside_id=row.pk, cells={**row.cells, "child_id": "K2"})
    assert Child.objects.get(roster_id="K2").grade == 6


def test_who_is_brought_in_and_looks_like_another_is_asked_about(coordinator: User) -> None:
    take_without_bad_rows(coordinator, kids({"学生编号": "K2", "年级": "十四年级"}))
    row = aside.waiting(coordinator).get()
    given = {"actor": coordinator, "aside_id": row.pk, "cells": {**row.cells, "grade": "五年级"}}
    with pytest.raises(people.BadCells) as refused:
        aside.bring_in(**given, apart="")
    assert [problem["looks_like"] for problem in refused.value.facts["problems"]] == ["K1"]
    assert aside.bring_in(**given, apart="K1").roster_id == "K2"


def test_the_bad_rows_come_back_as_a_file_with_their_errors(coordinator: User) -> None:
    upload = brought(
        coordinator, kids({**BAD, "需要关注": "=1+1"}, {"学生编号": "K3", "姓名": "陈三", "年级": "?"})
    )
    choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1, rows={(K, 3)})
    with translation.override("zh-hans"):
        content = blank_files.bad_rows_of(actor=coordinator, upload_id=upload.pk)
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["学生"]
    sheet = book["学生"]
    heads = [cell.value for cell in sheet[1]]
    assert [sheet.cell(r, heads.index("姓名") + 1).value for r in (2, 3)] == ["陈小满", "陈三"]
    assert "年级：" in sheet["A2"].value and "五年及" in sheet["A2"].value
    formula = sheet.cell(2, heads.index("需要关注") + 1)
    assert (formula.value, formula.data_type, formula.quotePrefix) == ("=1+1", "s", True)
    upload = choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=2)
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    for row in (2, 3):
        sheet.cell(row, heads.index("年级") + 1).value = "五年级"
    buffer = io.BytesIO()
    book.save(buffer)
    again = brought(coordinator, buffer.getvalue())
    assert again.report["problems"] == [] and again.report["warnings"] == []
    again = imports.take_upload(actor=coordinator, upload_id=again.pk)
    found = again.report["difference"]
    assert (found["children"]["new"], found["children"]["gone"], found["mentors"]["gone"]) == (
        ["K2", "K3"],
        [],
        [],
    )
    assert not aside.waiting(coordinator).exists()


def test_a_corrected_file_ends_the_waiting_of_those_in_it_only(coordinator: User) -> None:
    twice = {"姓名": "陈二"}  # with the first child's id
    rows = kids(BAD, twice, {"学生编号": "K4", "姓名": "陈四", "年级": "?"})
    take_without_bad_rows(coordinator, rows, 3, 4, 5)
    assert aside.waiting(coordinator).count() == 3
    upload = brought(coordinator, kids(K2))  # the first child again, and the second put right
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert sorted(row.name for row in aside.waiting(coordinator)) == ["陈二", "陈四"]


def test_what_a_heading_means_is_known_for_the_next_file(coordinator: User) -> None:
    first = brought(coordinator, workbook(headed("家长电话", "联系电话")))
    assert [(one["heading"], one["near"]) for one in first.report["headings"][K]] == [
        ("联系电话", "parent_phone")
    ]
    assert [one["column"] for one in first.report["problems"]] == ["parent_phone"]
    choosing.name_headings(
        actor=coordinator, upload_id=first.pk, version=1, headings={K: {"联系电话": "parent_phone"}}
    )
    second = brought(coordinator, workbook(headed("家长电话", "联系电话")))
    assert second.report["problems"] == [] and second.report["warnings"] == []
    # A colleague who leaves it out of one file forgets it for nobody.
    choosing.name_headings(actor=coordinator, upload_id=second.pk, version=1, headings={K: {"联系电话": ""}})
    third = brought(coordinator, workbook(headed("家长电话", "联系电话")))
    assert third.report["problems"] == []
    # In a file that has the column itself the other heading stays what it is.
    both = brought(coordinator, workbook(children=({**CHILD, "联系电话": "12345"},)))
    assert both.report["problems"] == [] and [one["column"] for one in both.report["warnings"]] == [
        "联系电话"
    ]


def test_what_others_say_of_a_heading_changes_no_file_that_was_looked_at(coordinator: User) -> None:
    """The same headings in two files: in the first, reviewed and correct without it, it stays left out."""
    person = {**CHILD, "悄悄话": "想妈妈"}
    reviewed, other = (brought(coordinator, workbook(children=(person,))) for _file in range(2))
    choosing.name_headings(
        actor=coordinator, upload_id=other.pk, version=1, headings={K: {"悄悄话": "needs"}}
    )
    imports.take_upload(actor=coordinator, upload_id=reviewed.pk)
    assert Child.objects.get().needs == ""
    imports.take_upload(actor=coordinator, upload_id=other.pk)
    assert Child.objects.get().needs == "想妈妈"


def test_what_refers_to_a_row_set_aside_is_said(coordinator: User) -> None:
    mentors = (MENTOR, {**MENTOR, "导师编号": "M2", "姓名": "王海", "电话": "13"})
    upload = brought(coordinator, workbook(children=({**CHILD, "原学业导师": "M2"},), mentors=mentors))
    with translation.override("zh-hans"):
        upload = choosing.set_rows_aside(actor=coordinator, upload_id=upload.pk, version=1)
    assert [(one["row"], one["column"], one["wrong"]) for one in upload.report["warnings"]] == [
        (2, "previous_academic", "导师 M2 已暂缓导入")
    ]


def test_files_live_a_week_and_rows_that_wait_longer(coordinator: User) -> None:
    now = timezone.now()
    taken = take_without_bad_rows(coordinator, kids(BAD))
    unfinished = brought(coordinator, kids(BAD))
    forgetting.forget_old(now + timedelta(days=6, hours=23))
    assert RosterUpload.objects.filter(forgotten_at=None).count() == 2
    forgetting.forget_old(now + timedelta(days=7, hours=1))
    for upload in (taken, unfinished):
        upload.refresh_from_db()
        assert (bytes(upload.content), upload.choices, upload.report["problems"]) == (b"", {}, [])
        assert "aside" not in upload.report
    assert (taken.state, taken.report["difference"]["children"]["new"]) == ("taken", ["K1"])
    assert (unfinished.state, unfinished.report["difference"]) == ("dropped", {})
    with pytest.raises(imports.UploadMovedOn):
        grade_right(coordinator, unfinished, unfinished.version)
    assert SetAside.objects.get().cells["name"] == "陈小满"
    forgetting.forget_old(now + timedelta(days=91))
    assert not SetAside.objects.exists()


def test_only_a_coordinator(coordinator: User, stranger: User) -> None:
    upload = take_without_bad_rows(coordinator, kids(BAD))
    row = SetAside.objects.get()
    for act in (
        lambda: choosing.set_rows_aside(actor=stranger, upload_id=upload.pk, version=1),
        lambda: choosing.drop_upload(actor=stranger, upload_id=upload.pk, version=1),
        lambda: blank_files.template(actor=stranger, language="zh"),
        lambda: blank_files.bad_rows_of(actor=stranger, upload_id=upload.pk),
        lambda: blank_files.rows_waiting(actor=stranger),
        lambda: aside.waiting(stranger),
        lambda: aside.bring_in(actor=stranger, aside_id=row.pk, cells={}),
        lambda: aside.dismiss(actor=stranger, aside_id=row.pk),
    ):
        with pytest.raises(NotYours):
            act()


def test_a_sheet_is_one_of_the_file(coordinator: User) -> None:
    upload = brought(coordinator, workbook(rename("导师", "老师")))
    with pytest.raises(Invalid):
        choosing.choose_sheets(
            actor=coordinator,
            upload_id=upload.pk,
            version=1,
            places={K: choosing.Place("学生"), "mentors": choosing.Place("没有")},
        )
