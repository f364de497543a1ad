"""A file again, a file changed, and the roster out and in: only what differs is written."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from backend.accounts.models import User
from backend.ages import age_at
from backend.errors import NotYours
from backend.rosters import consent, imports, people, signals
from backend.rosters.export import export_roster
from backend.rosters.models import Child, ChildSlot, Mentor

Everything = Callable[[], dict[str, list[Any]]]


def edited(content: bytes, edit: Callable[[Workbook], None]) -> bytes:
    workbook = load_workbook(io.BytesIO(content))
    edit(workbook)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def put(sheet: str, row: int, heading: str, value: Any) -> Callable[[Workbook], None]:
    def edit(workbook: Workbook) -> None:
        at = [cell.value for cell in workbook[sheet][1]].index(heading) + 1
        workbook[sheet].cell(row, at).value = value

    return edit


def take(actor: User, content: bytes) -> dict[str, Any]:
    upload = imports.check_upload(actor=actor, file_name="r.xlsx", content=content)
    assert upload.report["problems"] == []
    return imports.take_upload(actor=actor, upload_id=upload.pk).report["difference"]


def test_the_same_file_again_writes_nothing(
    imported: User, small_city: bytes, everything: Everything
) -> None:
    before = everything()
    found = take(imported, small_city)
    assert everything() == before
    for kind, model in (("children", Child), ("mentors", Mentor)):
        assert (found[kind]["new"], found[kind]["changed"], found[kind]["gone"]) == ([], {}, [])
        assert len(found[kind]["unchanged"]) == model.objects.count()


def test_the_exported_roster_is_read_back_unchanged(imported: User, everything: Everything) -> None:
    child = Child.objects.first()
    people.save_child(
        actor=imported, child_id=child.pk, cells={"needs": "=1+1\n@晚上会怕", "call_name": "小明"}
    )
    before = everything()
    content = export_roster(actor=imported)
    found = take(imported, content)
    assert everything() == before and not found["children"]["changed"]
    cells = [cell for row in load_workbook(io.BytesIO(content))["学生"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert [cell.quotePrefix for cell in cells if str(cell.value).startswith("=")] == [True]


def test_a_changed_cell_is_named_and_the_rest_keeps_its_rows(imported: User, small_city: bytes) -> None:
    child = Child.objects.first()
    slots = set(ChildSlot.objects.filter(child=child).values_list("pk", "slot"))
    free = ";".join(
        f"{('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')[s // 24]}-{s % 24}" for _, s in slots
    )
    new = edited(small_city, put("学生", 2, "可用时间", f"{free};周一8点"))
    found = take(imported, new)
    assert found["children"]["changed"] == {child.roster_id: ["availability"]}
    assert set(ChildSlot.objects.filter(child=child).values_list("pk", "slot")) > slots


def test_new_and_gone_are_told_apart_and_nobody_is_deleted(imported: User, small_city: bytes) -> None:
    def edit(workbook: Workbook) -> None:
        put("学生", 2, "学生编号", "NEW")(workbook)
        put("学生", 2, "姓名", "新来的")(workbook)

    found = take(imported, edited(small_city, edit))
    assert found["children"]["new"] == ["NEW"] and found["children"]["gone"] == ["K00001"]
    assert Child.objects.filter(roster_id="K00001", active=True).exists()


def test_a_column_left_out_changes_nothing_and_an_emptied_one_clears(
    imported: User, small_city: bytes
) -> None:
    child = Child.objects.get(roster_id="K00001")
    people.save_child(actor=imported, child_id=child.pk, cells={"needs": "想妈妈"})

    def without(workbook: Workbook) -> None:
        sheet = workbook["学生"]
        sheet.delete_cols([cell.value for cell in sheet[1]].index("需要关注") + 1)

    assert take(imported, edited(small_city, without))["children"]["changed"] == {}
    assert take(imported, small_city)["children"]["changed"] == {"K00001": ["needs"]}
    child.refresh_from_db()
    assert child.needs == "" and child.guardianships.exists()


def test_a_file_from_before_the_family_withdrew_is_no_new_consent(imported: User, small_city: bytes) -> None:
    child = next(each for each in Child.objects.publishable() if age_at(each.birth_date, timezone.now()) < 18)
    guardians = [link.guardian for link in child.guardianships.select_related("guardian")]
    assert any(consent.withdraw_consent(actor=one, child_id=child.pk) for one in guardians)
    assert take(imported, small_city)["children"]["changed"] == {}
    assert not Child.objects.with_consent().filter(pk=child.pk).exists()


def test_somebody_inactive_comes_back_with_the_file(imported: User, small_city: bytes) -> None:
    child = Child.objects.first()
    people.set_active(actor=imported, kind="child", pk=child.pk, active=False)
    assert take(imported, small_city)["children"]["changed"] == {child.roster_id: ["active"]}
    child.refresh_from_db()
    assert child.active


def test_somebody_inactive_comes_back_changed_or_not(imported: User, small_city: bytes) -> None:
    """What is told as a change is made, and whoever follows who takes part is told at once."""
    told: list[int] = []

    def listen(**_facts: Any) -> None:
        told.append(Child.objects.filter(active=False).count())

    heads, first = (
        list(row)
        for row in load_workbook(io.BytesIO(small_city))["导师"].iter_rows(max_row=2, values_only=True)
    )
    mentor = Mentor.objects.get(roster_id=first[heads.index("导师编号")])
    child = Child.objects.get(roster_id="K00001")
    people.set_active(actor=imported, kind="child", pk=child.pk, active=False)
    people.set_active(actor=imported, kind="mentor", pk=mentor.pk, active=False)

    def edit(workbook: Workbook) -> None:
        put("学生", 2, "姓名", "王改名")(workbook)
        put("导师", 2, "姓名", "高改名")(workbook)

    signals.standing_changed.connect(listen)
    try:
        found = take(imported, edited(small_city, edit))
    finally:
        signals.standing_changed.disconnect(listen)
    assert found["children"]["changed"] == {child.roster_id: ["name", "active"]}
    for person, name in ((child, "王改名"), (mentor, "高改名")):
        person.refresh_from_db()
        assert (person.name, person.active) == (name, True)
    assert told == [0]


def test_only_a_coordinator_exports(imported: User, stranger: User) -> None:
    with pytest.raises(NotYours):
        export_roster(actor=stranger)


def test_the_command_checks_takes_and_names_what_is_wrong(
    coordinator: User, small_city: bytes, tmp_path: Path, everything: Everything
) -> None:
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    good.write_bytes(small_city)
    bad.write_bytes(edited(small_city, put("学生", 3, "年级", "五年及")))
    before, out, err = everything(), io.StringIO(), io.StringIO()
    call_command("import_roster", good, login="co", check=True, stdout=out)
    with pytest.raises(CommandError) as refused:
        call_command("import_roster", bad, login="co", stderr=err)
    assert refused.value.returncode == 2 and "bad.xlsx[学生]:3: grade: " in err.getvalue()
    assert everything() == before
    call_command("import_roster", good, login="co", stdout=out)
    assert Child.objects.count() == 20 and "children: 20 new" in out.getvalue()
