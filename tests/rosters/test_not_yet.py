"""The preview of an import names who can't be matched; after taking it, a round leaves out exactly these."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters import imports, not_yet
from backend.rosters.models import Certificate, Child, Consent, Mentor
from matching.readiness import children_left_out, mentors_left_out
from tests.rosters.test_messy_files import CHILD, MENTOR, workbook

pytestmark = pytest.mark.django_db
PAPER = "2020-02-17"
FAR, PAST = "2090-01-01", "2020-01-01"
FIRST = {
    "K1": {"监护人同意日期": PAPER},
    "K2": {},
    "K3": {"监护人同意日期": PAPER},  # withdrawn since
    "K4": {"监护人同意日期": PAPER},  # has ended it itself since
    "M1": {"审核有效期": FAR},
    "M2": {"审核有效期": PAST},
    "M3": {},
    "M4": {"审核有效期": FAR, "角色": "心理", "辅导年级": "1-6"},
    "M5": {"审核有效期": FAR, "角色": "心理", "辅导年级": "1-6", "资格证": "counsellor-2"},  # run out since
    "M6": {"审核有效期": FAR},  # paused since
    "M7": {"审核有效期": FAR, "角色": "心理；学业", "辅导年级": "1-6"},
}


def file(people: dict[str, dict[str, Any]], without: str = "") -> bytes:
    children, mentors = [], []
    for number, (id_, cells) in enumerate(people.items()):
        if id_[0] == "K":
            children.append({**CHILD, "学生编号": id_, "姓名": f"陈{number}", **cells})
        else:
            row = {**MENTOR, "导师编号": id_, "姓名": f"高{number}", "电话": f"139001390{number:02}", **cells}
            mentors.append(row)
    for row in (*children, *mentors):
        row.pop(without, None)
    return workbook(children=children, mentors=mentors)


def took(actor: User, content: bytes) -> dict[str, dict[str, Any]]:
    upload = imports.check_upload(actor=actor, file_name="r.xlsx", content=content)
    assert upload.state == "checked", upload.report["problems"]
    imports.take_upload(actor=actor, upload_id=upload.pk)
    return upload.report["not_yet"]


def the_world_moves() -> None:
    Consent.objects.filter(child__roster_id="K3").update(withdrawn_on=date(2020, 3, 1))
    Child.objects.filter(roster_id="K4").update(stopped_at=timezone.now())
    Certificate.objects.filter(mentor__roster_id="M5").update(
        valid_until=timezone.localdate() - timedelta(days=1)
    )
    Mentor.objects.filter(roster_id="M6").update(paused=True)


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        pytest.param(None, "", id="a first file"),
        pytest.param({}, "", id="the same file again"),
        pytest.param({}, "监护人同意日期", id="no column of consent"),
        pytest.param({}, "审核有效期", id="no column of vetting"),
        pytest.param({"K2": {"监护人同意日期": PAPER}, "M1": {"审核有效期": ""}}, "", id="given, emptied"),
        pytest.param({"K3": {"监护人同意日期": "2020-03-02"}}, "", id="given again after it was withdrawn"),
        pytest.param(
            {"M5": {"资格证": "counsellor-3"}, "M2": {"审核有效期": FAR}}, "", id="another certificate"
        ),
        pytest.param(
            {"M7": {"角色": "心理"}, "M4": {"资格证": "counsellor-2"}}, "", id="roles and certificates"
        ),
        pytest.param({"K9": {}, "M9": {"审核有效期": PAST}}, "", id="newcomers"),
    ],
)
def test_the_preview_names_whom_a_round_leaves_out(coordinator: User, changes: Any, without: str) -> None:
    if changes is not None:
        took(coordinator, file(FIRST))
        the_world_moves()
    people = {id_: {**cells, **(changes or {}).get(id_, {})} for id_, cells in FIRST.items()}
    people |= {id_: cells for id_, cells in (changes or {}).items() if id_ not in people}
    told = took(coordinator, file(people, without))
    for kind, left_out in (
        ("children", children_left_out()),
        ("mentors", mentors_left_out(timezone.localdate())),
    ):
        named = {id_: why for why, of in told[kind].items() for id_, _name in of["named"]}
        assert named == dict(left_out.values_list("roster_id", "reason"))
        assert sum(of["count"] for of in told[kind].values()) == len(named)


def test_a_long_list_is_counted_whole_and_named_in_part(
    coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(not_yet, "MOST_NAMED", 1)
    told = took(coordinator, file({"K1": {}, "K2": {}, "M1": {"审核有效期": FAR}}))
    assert told == {"children": {"no_consent": {"count": 2, "named": [["K1", "陈0"]]}}, "mentors": {}}
