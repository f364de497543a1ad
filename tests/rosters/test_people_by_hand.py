"""People added and edited by hand, under the rules of the import; and who may."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.errors import NotYours
from backend.rosters import access, consent, imports, people
from backend.rosters.as_cells import cells_of
from backend.rosters.models import Child, Guardianship, Mentor
from backend.rosters.reading.columns import COLUMNS
from backend.web.cells_form import in_words

CHILD = {
    "child_id": "N1",
    "name": "欧阳雨桐",
    "grade": "五（3）班",
    "subjects": "数学、英语",
    "availability": "周一至周二 19-20点",
    "district": "历下区",
    "birth_date": "2010年2月17日",
    "parent_name": "陈敏",
    "parent_phone": "138 0013 8000",
}
MENTOR = {
    "mentor_id": "M1",
    "name": "高远",
    "roles": "学业",
    "teaches": "数学:七至九年级",
    "availability": "周末 9-11点",
    "capacity": "3",
    "district": "370102",
    "email": "gao@example.invalid",
}


def columns(refused: Any) -> set[str]:
    return {problem["column"] for problem in refused.value.facts["problems"]}


def test_a_child_and_a_mentor_are_added_as_an_import_would(coordinator: User) -> None:
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    mentor = people.save_mentor(actor=coordinator, mentor_id=None, cells=MENTOR)
    assert (child.call_name, child.grade, child.district_id) == ("雨桐", 5, "370102")
    assert cells_of(child)["availability"] == "mon-19;tue-19"
    assert cells_of(mentor)["teaches"] == "math:7-9"
    assert child.guardianships.get().guardian.phone == "13800138000"
    assert list(Entry.objects.values_list("action", flat=True)) == ["child.added", "mentor.added"]


def test_saving_what_the_form_showed_writes_nothing(imported: User, everything: Any) -> None:
    before, entries = everything(), Entry.objects.count()
    for child in Child.objects.all():
        people.save_child(actor=imported, child_id=child.pk, cells=cells_of(child))
    for mentor in Mentor.objects.all():
        people.save_mentor(actor=imported, mentor_id=mentor.pk, cells=cells_of(mentor))
    assert everything() == before and Entry.objects.count() == entries


def test_one_cell_edited_leaves_the_others(imported: User) -> None:
    child = Child.objects.first()
    cells = cells_of(child)
    people.save_child(actor=imported, child_id=child.pk, cells={"needs": "想妈妈"})
    child = Child.objects.get(pk=child.pk)
    assert cells_of(child) == {**cells, "needs": "想妈妈"}
    assert Entry.objects.last().facts == {"columns": ["needs"]}


def test_bad_cells_are_all_named_and_nothing_is_written(coordinator: User, everything: Any) -> None:
    before = everything()
    bad = {**CHILD, "grade": "大一", "district": "历下", "parent_phone": "12"}
    with pytest.raises(people.BadCells) as refused:
        people.save_child(actor=coordinator, child_id=None, cells=bad)
    assert columns(refused) == {"grade", "parent_phone"}
    with pytest.raises(people.BadCells) as refused:
        people.save_child(actor=coordinator, child_id=None, cells={**CHILD, "district": "历下"})
    assert columns(refused) == {"district"}
    assert everything() == before


def test_an_id_is_given_once_and_stays(coordinator: User) -> None:
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    with pytest.raises(people.BadCells) as refused:
        people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    assert columns(refused) == {"child_id"}
    with pytest.raises(people.BadCells) as refused:
        people.save_child(actor=coordinator, child_id=child.pk, cells={"child_id": "N2"})
    assert columns(refused) == {"child_id"}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"mentor_id": "M2", "name": "别人", "email": "", "phone": "13800138000"}, "phone"),
        ({"mentor_id": "M2", "name": "别人"}, "email"),
        ({"mentor_id": "M2"}, "email"),
    ],
)
def test_nobody_gets_anothers_phone_or_address(coordinator: User, change: Any, column: str) -> None:
    people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    people.save_mentor(actor=coordinator, mentor_id=None, cells=MENTOR)
    with pytest.raises(people.BadCells) as refused:
        people.save_mentor(actor=coordinator, mentor_id=None, cells={**MENTOR, **change})
    assert columns(refused) == {column}


def test_a_parent_may_be_a_mentor_too_and_siblings_share_a_parent(coordinator: User) -> None:
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    other = people.save_child(actor=coordinator, child_id=None, cells={**CHILD, "child_id": "N2"})
    mentor = people.save_mentor(
        actor=coordinator, mentor_id=None, cells={**MENTOR, "name": "陈敏", "phone": "13800138000"}
    )
    guardians = {link.guardian_id for link in Guardianship.objects.filter(child__in=[child, other])}
    assert guardians == {mentor.user_id}


def test_where_somebody_can_be_asked_a_new_child_who_looks_like_another_is_asked_about(
    coordinator: User,
) -> None:
    people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    again = {"actor": coordinator, "child_id": None, "cells": {**CHILD, "child_id": "N2"}}
    for answer in ("", "N3", "N2"):
        with pytest.raises(people.BadCells) as refused:
            people.save_child(**again, apart=answer)
        assert [problem["looks_like"] for problem in refused.value.facts["problems"]] == ["N1"]
    second = people.save_child(**again, apart="N1")
    # Who is here is asked about no more; who comes third looks like the first.
    people.save_child(actor=coordinator, child_id=second.pk, cells={"needs": "想妈妈"})
    assert Child.objects.count() == 2


def test_two_parents_may_change_places_and_keep_their_links(coordinator: User) -> None:
    second = {"parent2_name": "王勇", "parent2_phone": "13900139000"}
    child = people.save_child(actor=coordinator, child_id=None, cells={**CHILD, **second})
    before = set(child.guardianships.values_list("pk", "guardian_id"))
    swapped = {
        "parent_name": "王勇",
        "parent_phone": "13900139000",
        "parent2_name": "陈敏",
        "parent2_phone": "13800138000",
    }
    child = people.save_child(actor=coordinator, child_id=child.pk, cells=swapped)
    assert set(child.guardianships.values_list("pk", "guardian_id")) == before
    assert cells_of(Child.objects.get())["parent_name"] == "王勇"


def test_inactive_and_paused_are_recorded_once(imported: User) -> None:
    mentor, child = Mentor.objects.first(), Child.objects.first()
    for _twice in range(2):
        people.set_active(actor=imported, kind="child", pk=child.pk, active=False)
        people.set_paused(actor=imported, mentor_id=mentor.pk, paused=True)
    actions = list(Entry.objects.values_list("action", flat=True))[-2:]
    assert actions == ["child.deactivated", "mentor.paused"]
    assert people.set_paused(actor=mentor.user, mentor_id=mentor.pk, paused=False).paused is False


def test_gone_people_are_set_inactive_and_nobody_else(imported: User, small_city: bytes) -> None:
    gone = people.save_child(actor=imported, child_id=None, cells=CHILD)
    upload = imports.check_upload(actor=imported, file_name="r.xlsx", content=small_city)
    with pytest.raises(people.NotTaken):
        people.set_gone_inactive(actor=imported, upload_id=upload.pk)
    imports.take_upload(actor=imported, upload_id=upload.pk)
    later = people.save_mentor(actor=imported, mentor_id=None, cells=MENTOR)
    done = people.set_gone_inactive(actor=imported, upload_id=upload.pk)
    assert done == {"children": [gone.roster_id], "mentors": []}
    assert list(Child.objects.filter(active=False)) == [gone]
    later.refresh_from_db()
    assert later.active


def test_strangers_and_missing_look_alike(imported: User, stranger: User) -> None:
    child, mentor = Child.objects.first(), Mentor.objects.first()
    acts = [
        lambda: access.access_child(stranger, child.pk),
        lambda: access.access_child(imported, 10**9),
        lambda: access.access_mentor(stranger, mentor.pk),
        lambda: people.set_active(actor=stranger, kind="child", pk=child.pk, active=False),
        lambda: people.set_paused(actor=stranger, mentor_id=mentor.pk, paused=True),
        lambda: people.set_gone_inactive(actor=stranger, upload_id=1),
        lambda: people.save_child(actor=stranger, child_id=None, cells=CHILD),
        lambda: people.save_mentor(actor=mentor.user, mentor_id=mentor.pk, cells=MENTOR),
    ]
    for act in acts:
        with pytest.raises(NotYours):
            act()


def test_each_sees_their_own(imported: User, lead: User, stranger: User) -> None:
    child, mentor = Child.objects.first(), Mentor.objects.first()
    parent = child.guardianships.get().guardian
    assert access.children_for(lead).count() == 20
    assert not access.children_for(stranger).exists() and not access.mentors_for(stranger).exists()
    assert list(access.children_for(child.user)) == [child]
    assert child in access.children_for(parent)
    assert list(access.mentors_for(mentor.user)) == [mentor]
    Guardianship.objects.filter(child=child).update(status="suspended", status_reason="x")
    assert child not in access.children_for(parent)
    with pytest.raises(NotYours):
        access.access_child(parent, child.pk)
    child.user.is_active = False
    assert not access.children_for(child.user).exists()


def test_a_paper_from_before_the_family_withdrew_is_no_new_consent(coordinator: User) -> None:
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD | {"consent_date": "2020-02-17"})
    parent = child.guardianships.get().guardian
    consent.withdraw_consent(actor=parent, child_id=child.pk)
    withdrawn_on = child.consents.get().withdrawn_on
    for day in ("2020-02-17", withdrawn_on.isoformat()):
        with pytest.raises(people.BadCells) as refused:
            people.save_child(actor=coordinator, child_id=child.pk, cells={"consent_date": day})
        assert columns(refused) == {"consent_date"}
        assert not Child.objects.publishable().exists()
    later = (withdrawn_on + timedelta(days=1)).isoformat()
    people.save_child(actor=coordinator, child_id=child.pk, cells={"consent_date": later})
    assert Child.objects.publishable().exists(), "a paper signed afterwards is one"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"parent2_name": "何静", "parent2_phone": "13700137000"}, "parent2_phone"),
        ({"carer_name": "何静", "carer_phone": "13700137000", "carer_relation": "姑姑"}, "carer_phone"),
        (
            {
                "parent2_name": "何静",
                "parent2_phone": "13600136000",
                "parent2_email": "he@example.invalid",
            },
            "parent2_email",
        ),
    ],
)
def test_a_row_makes_nobody_family_who_works_for_the_programme(
    coordinator: User, lead: User, everything: Any, cells: Any, column: str
) -> None:
    """A lead of the child's family may not look after its cases: a row would shut them all out."""
    phone = None if column == "parent2_email" else "13700137000"
    User.objects.filter(pk=lead.pk).update(phone=phone, email="he@example.invalid")
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    before = everything()
    for child_id, given in ((child.pk, cells), (None, {**CHILD, "child_id": "N2", **cells})):
        with pytest.raises(people.BadCells) as refused:
            people.save_child(actor=coordinator, child_id=child_id, cells=given)
        assert columns(refused) == {column}
    assert everything() == before


def test_a_row_changes_nothing_of_an_account_that_works_for_the_programme(
    coordinator: User, lead: User, everything: Any
) -> None:
    """A link from before they worked here stays; a mentor who works here is found as ever."""
    User.objects.filter(pk=lead.pk).update(phone="13700137000", email="he@example.invalid")
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    Guardianship.objects.create(child=child, guardian=lead, order=2)
    row = {**MENTOR, "name": "何静", "phone": "13700137000", "email": ""}
    mentor = people.save_mentor(actor=coordinator, mentor_id=None, cells=row)
    assert mentor.user_id == lead.pk
    before = everything()
    for given, named in (
        ({"parent2_email": "else@example.invalid"}, {"parent2_email"}),
        ({"parent2_name": "别人"}, {"parent2_name"}),
        # The address that stays is then somebody's who has another number.
        ({"parent2_phone": "13600136000"}, {"parent2_phone", "parent2_email"}),
    ):
        with pytest.raises(people.BadCells) as refused:
            people.save_child(actor=coordinator, child_id=child.pk, cells=given)
        assert columns(refused) == named
    for given, column in (
        ({"email": "else@example.invalid"}, "email"),
        ({"phone": "13600136000"}, "phone"),
    ):
        with pytest.raises(people.BadCells) as refused:
            people.save_mentor(actor=coordinator, mentor_id=mentor.pk, cells=given)
        assert columns(refused) == {column}
    assert everything() == before
    people.save_child(actor=coordinator, child_id=child.pk, cells={"needs": "安静的时间"})
    assert child.guardianships.filter(guardian=lead).exists()


@pytest.mark.parametrize("status", ["active", "limited", "suspended", "withdrew"])
def test_whoever_comes_into_a_parent_s_place_has_a_link_of_their_own(coordinator: User, status: str) -> None:
    """And the one before has nothing left, also not as the child's carer when it had been taken from them."""
    carer = {"carer_name": "陈敏", "carer_phone": "13800138000", "carer_relation": "妈妈"}
    child = people.save_child(actor=coordinator, child_id=None, cells={**CHILD, **carer})
    link = child.guardianships.get()
    if status == "withdrew":
        link.status, link.status_reason, link.withdrew_at = "suspended", "withdrew", timezone.now()
    elif status != "active":
        link.status, link.status_reason = status, "court"
    link.save()
    before = link.guardian
    cells = {"parent_name": "王勇", "parent_phone": "13900139000"}
    people.save_child(actor=coordinator, child_id=child.pk, cells=cells)
    new = child.guardianships.get(order=1)
    assert (new.guardian.name, new.status, new.status_reason, new.withdrew_at) == ("王勇", "active", "", None)
    assert new.pk != link.pk
    left = access.consent_relations(before, child)
    assert left == ({access.Relation.CARER} if status == "active" else set())
    assert cells_of(Child.objects.get())["parent_name"] == "王勇"
    # Back in their place they have what they had; the other's link ends in turn.
    cells = {"parent_name": "陈敏", "parent_phone": "13800138000"}
    people.save_child(actor=coordinator, child_id=child.pk, cells=cells)
    assert child.guardianships.get().status == ("active" if status == "active" else "suspended")


def test_a_parent_with_another_number_gets_nothing_back_that_was_taken(coordinator: User) -> None:
    child = people.save_child(actor=coordinator, child_id=None, cells=CHILD)
    child.guardianships.update(status="limited", status_reason="court")
    people.save_child(actor=coordinator, child_id=child.pk, cells={"parent_phone": "13900139000"})
    found = child.guardianships.values_list("guardian__phone", "status", "status_reason")
    assert list(found) == [("13900139000", "limited", "court"), ("13800138000", "suspended", "court")]


@pytest.mark.parametrize(
    ("kind", "column", "text", "said"),
    [
        ("children", "availability", "mon-19;mon-20;sun-9", "周一19点、20点；周日9点"),
        ("children", "subjects", "math;politics;science", "数学；道德与法治；科学"),
        ("children", "gender", "f", "女"),
        ("children", "preferred_mentor_gender", "m", "男"),
        ("mentors", "roles", "academic;wellbeing", "学业；心理"),
        ("mentors", "teaches", "chinese:1-3;physics:8-12", "语文:1-3；物理:8-12"),
        ("mentors", "certificate", "counsellor-2;own kind", "国家二级心理咨询师；own kind"),
    ],
)
def test_a_form_shows_cells_in_words_that_read_as_the_cells(
    kind: str, column: str, text: str, said: str
) -> None:
    with translation.override("zh-hans"):
        shown = in_words({column: text, "name": "高远"}, "历下区")
    assert shown == {column: said, "name": "高远", "district": "历下区"}
    parse = COLUMNS[kind][column].parse
    assert parse(shown[column]) == parse(text)
    with translation.override("en"):
        assert in_words({column: text}, "历下区") == {column: text}


def test_whoever_opens_a_form_and_saves_it_changes_nothing(imported: User, client: Client) -> None:
    client.force_login(imported)
    for model, kind in ((Child, "child"), (Mentor, "mentor")):
        for person in model.objects.order_by("pk")[:3]:
            before = cells_of(person)
            page = client.get(f"/{'children' if kind == 'child' else 'mentors'}/{person.pk}/edit/")
            shown = {row["name"]: row["text"] for row in page.context["rows"]}
            assert (
                re.search(r"^周.\d+点", shown["availability"]) and shown["district"] == person.district.name
            )
            assert client.post(page.request["PATH_INFO"], shown).status_code == 302
            assert cells_of(model.objects.get(pk=person.pk)) == before
