"""The rota: who is on duty, where nobody is, and never over a meeting of one's own. And the numbers to ring."""

import json
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care import hotlines
from backend.care.models import Hotline, Shift
from backend.care.rota import (
    ShiftClashes,
    add_shift,
    clashing,
    counsellors,
    gaps_ahead,
    leads_in_order,
    on_duty,
    remove_shift,
)
from backend.care.spans import gaps
from backend.errors import Invalid, NotYours
from chat.models import Meeting
from tests.chat.people import at

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def put(actor, person, begins, hours=4, post="counsellor") -> Shift:
    return add_shift(
        actor=actor, person_id=person.pk, post=post, begins_at=begins, ends_at=begins + hours * HOUR
    )


def meet(family, start) -> Meeting:
    pairing = family.rooms["wellbeing"].pairing
    return Meeting.objects.create(
        pairing=pairing, child=pairing.child, mentor=pairing.mentor, planned_start=start, start=start
    )


@pytest.fixture
def monday():
    with time_machine.travel(at(9), tick=False):
        yield at(9)


def test_a_shift_is_never_over_another_or_over_a_meeting(family, monday) -> None:
    mentor = family.wellbeing.user
    meet(family, at(19))
    put(family.coordinator, mentor, at(10))
    for begins, hours in ((at(9), 2), (at(13), 2), (at(11), 1), (at(18), 2), (at(19.5), 1), (at(15), 5)):
        with pytest.raises(ShiftClashes):
            put(family.coordinator, mentor, begins, hours)
    put(family.coordinator, mentor, at(14), 5)  # up to the meeting
    put(family.coordinator, mentor, at(20), 2)  # from its end
    Meeting.objects.update(state="cancelled", changed_at=at(9))
    put(family.coordinator, mentor, at(19), 1)


def test_a_meeting_that_moves_onto_a_shift_is_shown_and_leaves_a_gap(family, monday) -> None:
    shift = put(family.coordinator, family.wellbeing.user, at(9), 12)
    assert gaps_ahead(at(9))[0] == (at(21), at(22))
    meeting = meet(family, at(11))
    assert clashing(shift) == [meeting]
    assert gaps_ahead(at(9))[:2] == [(at(11), at(12)), (at(21), at(22))]
    assert list(on_duty(at(10.5))) == [family.wellbeing.user]
    assert list(on_duty(at(11.5))) == []
    assert list(on_duty(at(12))) == [family.wellbeing.user]
    assert list(on_duty(at(21))) == []


def test_gaps_are_within_the_duty_hours_of_the_coming_week(family, monday) -> None:
    found = gaps_ahead(at(9))
    assert found[0] == (at(9), at(22)) and found[1] == (at(8, day=18), at(22, day=18))
    assert len(found) == 8 and gaps_ahead(at(23))[0] == (at(8, day=18), at(22, day=18))


def test_only_who_can_have_the_duty_gets_it_and_only_coordinators_give_it(family, lead, monday) -> None:
    assert set(counsellors()) == {family.wellbeing.user, family.coordinator, lead}
    for person, post in (
        (family.academic.user, "counsellor"),
        (family.parent, "counsellor"),
        (family.coordinator, "lead"),
        (lead, "cook"),
    ):
        with pytest.raises(Invalid):
            put(family.coordinator, person, at(10), post=post)
    for hours in (0, -1, 13):
        with pytest.raises(Invalid):
            put(family.coordinator, lead, at(10), hours)
    for actor in (family.wellbeing.user, family.parent, family.child.user):
        with pytest.raises(NotYours):
            put(actor, family.wellbeing.user, at(10))
    shift = put(lead, lead, at(10), post="lead")
    with pytest.raises(NotYours):
        remove_shift(actor=family.wellbeing.user, shift_id=shift.pk)
    remove_shift(actor=family.coordinator, shift_id=shift.pk)
    with pytest.raises(NotYours):
        remove_shift(actor=family.coordinator, shift_id=shift.pk)
    assert list(Entry.objects.values_list("action", flat=True)) == ["shift.added", "shift.removed"]


def test_the_lead_on_call_comes_first(family, lead, second_lead, monday) -> None:
    assert leads_in_order(at(11)) == [lead, second_lead]
    put(lead, second_lead, at(10), post="lead")
    assert leads_in_order(at(11)) == [second_lead, lead]
    assert leads_in_order(at(14)) == [lead, second_lead]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a_shift_ends_after_it_begins", {"hours": 0}),
        ("a_shift_is_of_a_duty", {"post": "cook"}),
        ("UNIQUE|a_person_begins", {"twice": True}),
    ],
)
def test_the_database_refuses_half_a_shift(lead, name, fields) -> None:
    begins = timezone.now()
    row = {
        "person": lead,
        "post": fields.get("post", "lead"),
        "begins_at": begins,
        "ends_at": begins + fields.get("hours", 1) * HOUR,
    }
    if fields.get("twice"):
        Shift.objects.create(**row)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Shift.objects.create(**row)


def test_spans() -> None:
    assert gaps([], 1, 5) == [(1, 5)]  # type: ignore[list-item, arg-type]
    assert gaps([(0, 2), (3, 4)], 1, 5) == [(2, 3), (4, 5)]  # type: ignore[list-item, arg-type]
    assert gaps([(3, 9), (0, 3)], 1, 5) == []  # type: ignore[list-item, arg-type]
    assert gaps([(1, 2), (1, 4)], 1, 5) == [(4, 5)]  # type: ignore[list-item, arg-type]
    assert gaps([(6, 9)], 1, 5) == [(1, 5)]  # type: ignore[list-item, arg-type]
    assert gaps([], 5, 1) == []


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


ROW = {"number": "12355", "name": "青少年服务台", "name_en": "youth", "confirmed_on": date(2020, 2, 16)}


def test_the_numbers_are_shipped_and_saving_writes_the_file_whole(
    lead, family, data_dir, django_capture_on_commit_callbacks
) -> None:
    assert "12355" in [row["number"] for row in hotlines.numbers()]
    with django_capture_on_commit_callbacks(execute=True):
        hotlines.save_numbers(actor=lead, rows=[ROW, ROW | {"number": "110", "confirmed_on": None}])
    assert [row["number"] for row in hotlines.numbers()] == ["12355", "110"]
    assert hotlines.numbers()[0]["confirmed_on"] == "2020-02-16"
    assert [path.name for path in data_dir.iterdir()] == ["hotlines.json"]
    (data_dir / "hotlines.json").unlink()  # another machine: its worker writes it again
    assert hotlines.write_file(timezone.now()) and not hotlines.write_file(timezone.now())
    assert json.loads((data_dir / "hotlines.json").read_text())[0]["number"] == "12355"
    (data_dir / "hotlines.json").write_text('[{"number"')
    assert "12356" in [row["number"] for row in hotlines.numbers()]
    with pytest.raises(Invalid):
        hotlines.save_numbers(actor=lead, rows=[])
    for other in (family.parent, family.wellbeing.user, family.child.user):
        with pytest.raises(NotYours):
            hotlines.save_numbers(actor=other, rows=[ROW])


@pytest.mark.parametrize(
    ("name", "fields"),
    [("a_hotline_is_a_number", {"number": "javascript:1"}), ("a_hotline_has_a_name", {"name": ""})],
)
def test_the_database_refuses_half_a_number(db, name, fields) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Hotline.objects.create(**ROW | fields, order=0)


def test_the_shipped_file_could_be_saved(lead, data_dir) -> None:
    rows = json.loads(hotlines.SHIPPED.read_text("utf-8"))
    assert {"110", "120", "12345", "12355", "12356"} == {row["number"] for row in rows}
    hotlines.save_numbers(actor=lead, rows=rows)
    assert User.objects.filter(pk=lead.pk).exists()


def test_over_rest_the_rota_is_planned_as_on_its_page(family, monday, lead, client) -> None:
    client.force_login(family.coordinator)
    where = "/api/v1/shifts/"

    def post(**more):
        times = {"begins_at": at(9).isoformat(), "ends_at": at(13).isoformat()}
        body = {"person": family.wellbeing.user_id, "post": "counsellor", **times, **more}
        return client.post(where, body, content_type="application/json")

    def found(**asked):
        return [row["id"] for row in client.get(where, asked).json()["results"]]

    gaps = client.get("/api/v1/rota/").json()["gaps"]
    made = post()
    assert made.status_code == 201 and made.json()["person"]["name"] == "王老师"
    assert (post().status_code, post().json()["code"]) == (409, "shift.clashes")
    for wrong in ({"post": "lead"}, {"person": family.parent.pk}, {"ends_at": at(9).isoformat()}):
        assert post(**wrong).status_code == 400, wrong
    shift = made.json()["id"]
    assert found(post="counsellor", person=family.wellbeing.user_id) == [shift]
    assert found(**{"from": at(13).isoformat()}) == found(to=at(9).isoformat()) == found(post="lead") == []
    assert found(**{"from": at(12).isoformat(), "to": at(20).isoformat()}) == [shift]
    now = client.get("/api/v1/rota/").json()
    assert now["gaps"] != gaps and now["lead"]["id"] == lead.pk
    with time_machine.travel(at(10), tick=False):
        client.force_login(family.coordinator)
        there = client.get("/api/v1/rota/").json()["on_duty"]
    assert [person["id"] for person in there] == [family.wellbeing.user_id]
    assert client.delete(f"{where}{shift}/").status_code == 204
    assert client.get("/api/v1/rota/").json()["gaps"] == gaps and found() == []
