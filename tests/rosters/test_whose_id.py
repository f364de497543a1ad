"""A row with another's id: nobody turns into somebody else by a mistyped cell."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.accounts.models import User
from backend.errors import Invalid, NotYours
from backend.rosters import choosing, imports
from backend.rosters.models import Child, Mentor, RosterUpload, SetAside
from tests.chat.people import add_family
from tests.rosters.test_messy_files import CHILD, MENTOR, workbook
from tests.rosters.test_wizard_files import K2, K, M, brought, kids

pytestmark = pytest.mark.django_db
XIE = {**CHILD, "姓名": "谢雨桐", "家长姓名": "谢医生", "家长电话": "13800138039"}
BORN = CHILD["出生日期"]
OTHER_DAY = BORN.replace("-17", "-18")


def asked(upload: RosterUpload) -> list[tuple[int, str]]:
    return [(one["row"], one["unlike"]) for one in upload.report["problems"]]


def test_two_rows_with_one_id_are_both_shown_and_neither_turns_a_child_into_another(
    everything: Callable[[], dict[str, list[Any]]],
) -> None:
    """Xie's id is mistyped as that of a child with two rooms; whoever puts it right sets the other row aside."""
    family = add_family()
    actor, child = family.coordinator, family.child
    xie, rightful = (
        {**XIE, "学生编号": "K39"},
        {**CHILD, "学生编号": child.roster_id, "姓名": child.name, "出生日期": child.birth_date.isoformat()},
    )
    imports.take_upload(actor=actor, upload_id=brought(actor, workbook(children=(xie,))).pk)
    before = everything()
    xie["学生编号"] = child.roster_id
    upload = brought(actor, workbook(children=(xie, rightful)))
    told = [(one["row"], one["name"], one["column"]) for one in upload.report["problems"]]
    assert told == [(2, "谢雨桐", "child_id"), (3, child.name, "child_id")]
    assert child.name in upload.report["problems"][0]["wrong"]
    assert "谢雨桐" in upload.report["problems"][1]["wrong"]
    upload = choosing.set_rows_aside(actor=actor, upload_id=upload.pk, version=1, rows={(K, 3)})
    assert asked(upload) == [(2, f"{child.name} 2009-05-04 → 谢雨桐 {BORN}")]
    with pytest.raises(imports.UploadMovedOn):
        imports.take_upload(actor=actor, upload_id=upload.pk)
    choosing.set_rows_aside(actor=actor, upload_id=upload.pk, version=2, rows={(K, 2)})
    imports.take_upload(actor=actor, upload_id=upload.pk)
    assert {row.name for row in SetAside.objects.all()} == {"谢雨桐", child.name}
    SetAside.objects.all().delete()
    assert everything() == before  # the children, their families, pairs, meetings and rooms


@pytest.mark.parametrize("row", [2, 3])
def test_either_of_two_rows_with_one_id_is_corrected(coordinator: User, row: int) -> None:
    upload = brought(coordinator, kids({**K2, "学生编号": "K1"}))
    upload = choosing.correct_cells(
        actor=coordinator,
        upload_id=upload.pk,
        version=1,
        kind=K,
        column="child_id",
        was="K1",
        becomes="K2",
        rows=[row],
    )
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    names = [CHILD["姓名"], K2["姓名"]]
    assert list(Child.objects.order_by("roster_id").values_list("name", flat=True)) == (
        names if row == 3 else names[::-1]
    )


def test_of_many_rows_with_one_id_each_is_named_and_few_of_the_others(coordinator: User) -> None:
    upload = brought(coordinator, kids(*({"姓名": f"陈{name}"} for name in "甲乙丙丁戊")))
    wrong = {one["row"]: one["wrong"] for one in upload.report["problems"]}
    assert sorted(wrong) == [2, 3, 4, 5, 6, 7]
    assert "陈丙" in wrong[2] and "陈丁" not in wrong[2] and "陈雨桐" in wrong[7]


@pytest.mark.parametrize(
    ("child", "mentor", "asks"),
    [
        ({"姓名": "陈雨彤"}, {}, []),
        ({"出生日期": OTHER_DAY}, {}, []),
        ({"姓名": "谢雨桐", "出生日期": OTHER_DAY}, {}, [(2, f"陈雨桐 {BORN} → 谢雨桐 {OTHER_DAY}")]),
        ({}, {"姓名": "高原"}, []),
        ({}, {"电话": "13900139001"}, []),
        ({}, {"姓名": "高原", "电话": None, "邮箱": "gao@example.org"}, []),
        ({}, {"姓名": "罗平", "电话": "13900139001"}, [(2, "高远 → 罗平")]),
        ({}, {"姓名": "罗平", "电话": None, "邮箱": "luo@example.org"}, [(2, "高远 → 罗平")]),
    ],
)
def test_a_row_is_asked_about_only_when_nothing_tells_that_it_is_the_person_of_the_id(
    coordinator: User, child: dict[str, Any], mentor: dict[str, Any], asks: list[tuple[int, str]]
) -> None:
    first = workbook(mentors=({**MENTOR, "邮箱": "gao@example.org"},))
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, first).pk)
    content = workbook(children=({**CHILD, **child},), mentors=({**MENTOR, **mentor},))
    upload = brought(coordinator, content)
    assert asked(upload) == asks
    if not asks:
        imports.take_upload(actor=coordinator, upload_id=upload.pk)
        assert Child.objects.get().name == child.get("姓名", "陈雨桐")
        assert Mentor.objects.get().name == mentor.get("姓名", "高远")
        return
    # Where nobody can be asked it is taken, as it always was, with a remark before all others.
    silent = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=content)
    remark = silent.report["warnings"][0]
    assert (silent.state, remark["row"], remark["unlike"]) == ("checked", *asks[0])
    assert all(words in remark["wrong"] for words in asks[0][1].replace(" →", "").split())


def test_that_it_is_the_same_person_is_said_taken_back_and_holds_only_for_what_it_was_said_of(
    coordinator: User,
) -> None:
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids(K2)).pk)
    upload = brought(coordinator, kids({**K2, "姓名": "谢雨桐", "出生日期": OTHER_DAY}))
    say = {"actor": coordinator, "upload_id": upload.pk, "kind": K}
    for wrong in ({"row": 2}, {"row": 3, "kind": M}):
        with pytest.raises(Invalid):
            choosing.say_same_person(**{**say, **wrong}, version=1)
    assert choosing.say_same_person(**say, version=1, row=3).state == "checked"
    with pytest.raises(imports.UploadMovedOn):
        choosing.doubt_again(**say, version=1, row=3)
    with pytest.raises(NotYours):
        choosing.doubt_again(**say, version=2, row=2)
    assert len(asked(choosing.doubt_again(**say, version=2, row=3))) == 1
    choosing.say_same_person(**say, version=3, row=3)
    again = choosing.correct_row(**say, version=4, row=3, cells={"name": "罗平"})
    assert [row for row, _unlike in asked(again)] == [3]
    choosing.undo_correction(actor=coordinator, upload_id=upload.pk, version=5, correction=1)
    imports.take_upload(actor=coordinator, upload_id=upload.pk)
    assert Child.objects.get(roster_id="K2").name == "谢雨桐"
    upload.refresh_from_db()
    assert [one["what"] for one in upload.changes[:3]] == ["same_person", "doubted", "same_person"]


def test_who_became_another_since_the_file_was_looked_at_is_asked_about(coordinator: User) -> None:
    imports.take_upload(actor=coordinator, upload_id=brought(coordinator, kids()).pk)
    upload = brought(coordinator, kids())
    Child.objects.update(name="谢雨桐", birth_date=OTHER_DAY)
    with pytest.raises(imports.NoLongerFits):
        imports.take_upload(actor=coordinator, upload_id=upload.pk)
    upload.refresh_from_db()
    assert [row for row, _unlike in asked(upload)] == [2] and Child.objects.get().name == "谢雨桐"
