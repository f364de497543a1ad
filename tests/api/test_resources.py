"""What the resources answer: whose rows, which fields, and how a job runs through them."""

import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from backend.api.children import ChildCells
from backend.api.mentors import MentorCells
from backend.audit.models import Entry
from backend.rosters.models import Child, RosterUpload
from backend.rosters.reading.columns import CHILDREN, MENTORS
from matching.comparing import run_next_comparison
from matching.core.solve import solve
from matching.edits import snapshot_of
from matching.models import Pairing, Round
from matching.solving import claim, store
from tests.api.conftest import PASSWORD, World

pytestmark = pytest.mark.django_db
OWN_FIELDS = {"id", "name", "call_name", "grade", "school_system", "district", "subjects"}
PRIVATE = {"address", "needs", "guardians", "carer", "priority", "roster_id", "birth_date"}


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return getattr(client, method)(f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json")


def test_the_cells_are_those_of_a_roster_file() -> None:
    assert list(ChildCells().fields) == list(CHILDREN)
    assert list(MentorCells().fields) == list(MENTORS)


def test_signing_in_and_out_needs_the_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    token = client.get("/api/v1/session/").json()["csrf_token"]
    body = json.dumps({"login": "CO", "password": PASSWORD})
    kind = "application/json"
    refused = client.post("/api/v1/session/", body, content_type=kind)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_now")
    entered = client.post("/api/v1/session/", body, content_type=kind, headers={"x-csrftoken": token})
    assert entered.json()["me"]["roles"] == ["coordinator"]
    assert client.get("/api/v1/me/").json()["name"] == "周敏"
    fresh = {"x-csrftoken": entered.json()["csrf_token"]}
    assert client.delete("/api/v1/session/").status_code == 403
    assert client.delete("/api/v1/session/", headers=fresh).status_code == 204
    assert client.get("/api/v1/me/").status_code == 401


def test_unknown_names_and_wrong_passwords_look_alike(world: World) -> None:
    Client().force_login(world.coordinator)
    known = send(Client(), "post", "session/", {"login": "co", "password": "wrong"})
    unknown = send(Client(), "post", "session/", {"login": "nobody", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    assert known.content == unknown.content


def test_me_says_what_a_person_is_here(world: World) -> None:
    assert world.client("guardian").get("/api/v1/me/").json()["children"] == [world.child.pk]
    assert world.client("mentor").get("/api/v1/me/").json()["mentor"] == world.mentor.pk
    assert world.client("child").get("/api/v1/me/").json()["roles"] == ["child"]


@pytest.mark.parametrize("who", ["child", "guardian"])
def test_a_family_sees_its_own_child_without_what_is_not_for_it(world: World, who: str) -> None:
    client = world.client(who)
    listed = client.get("/api/v1/children/").json()["results"]
    assert [row["id"] for row in listed] == [world.child.pk]
    assert set(listed[0]) == OWN_FIELDS
    detail = client.get(f"/api/v1/children/{world.child.pk}/").json()
    assert set(detail) == OWN_FIELDS | {"free_slots"}
    assert client.get("/api/v1/mentors/").json()["results"] == []


def test_a_limited_guardian_sees_no_row(world: World) -> None:
    world.child.guardianships.update(status="limited", status_reason="court")
    client = world.client("guardian")
    assert client.get("/api/v1/children/").json()["results"] == []
    assert client.get(f"/api/v1/children/{world.child.pk}/").status_code == 404


def test_no_filter_lets_a_family_see_further(world: World) -> None:
    client = world.client("guardian")
    for query in (
        "?search=",
        "?active=true",
        f"?search={world.foreign_child.roster_id}",
    ):
        found = client.get(f"/api/v1/children/{query}").json()["results"]
        assert {row["id"] for row in found} <= {world.child.pk}
    assert client.get("/api/v1/children/?ordering=-priority").status_code == 400


def test_a_mentor_sees_and_pauses_themselves_only(world: World) -> None:
    client = world.client("mentor")
    assert [row["id"] for row in client.get("/api/v1/mentors/").json()["results"]] == [world.mentor.pk]
    assert client.get("/api/v1/children/").json()["results"] == []
    answer = send(client, "put", f"mentors/{world.mentor.pk}/paused/", {"paused": True})
    assert answer.json()["paused"] is True
    assert Entry.objects.filter(action="mentor.paused", actor_id=world.mentor.user_id).exists()


def test_a_coordinator_sees_contacts_in_the_detail_and_not_in_the_list(world: World) -> None:
    client = world.client("coordinator")
    assert set(client.get(f"/api/v1/children/{world.child.pk}/").json()) >= PRIVATE
    listed = client.get("/api/v1/children/").json()["results"][0]
    assert not {"address", "guardians", "carer", "needs"} & set(listed)
    assert listed["consent"] is True


def test_people_are_filtered_and_ordered(world: World) -> None:
    client = world.client("coordinator")
    grades = [row["grade"] for row in client.get("/api/v1/children/?ordering=-grade").json()["results"]]
    assert grades == sorted(grades, reverse=True)
    some = client.get(f"/api/v1/children/?grade={world.child.grade}").json()["results"]
    assert {row["grade"] for row in some} == {world.child.grade}
    only = client.get("/api/v1/mentors/?role=wellbeing").json()["results"]
    assert only and all("wellbeing" in row["roles"] for row in only)
    bad = client.get("/api/v1/children/?ordering=password")
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid")


def test_a_bad_cell_is_named_and_nothing_is_written(world: World) -> None:
    client = world.client("coordinator")
    path = f"children/{world.child.pk}/"
    bad = send(client, "patch", path, {"grade": "14", "needs": "x"})
    assert bad.json()["code"] == "person.bad_cells"
    assert bad.json()["facts"]["problems"][0]["column"] == "grade"
    unknown = send(client, "patch", path, {"colour": "red"})
    assert list(unknown.json()["facts"]["fields"]) == ["colour"]
    assert not Child.objects.filter(needs="x").exists()


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"{", b"null", b"\xff"])
def test_a_body_that_is_none_is_refused_in_the_one_shape(world: World, body: bytes) -> None:
    client = world.client("coordinator")
    for method, path in (("post", "children/"), ("post", "rounds/"), ("post", "locks/")):
        answer = getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")
        assert answer.status_code == 400, (path, body)
        assert set(answer.json()) == {"code", "detail", "facts"}


def test_a_file_is_checked_then_taken_once(world: World) -> None:
    client = world.client("coordinator")
    file = SimpleUploadedFile("again.xlsx", world.file)
    checked = client.post("/api/v1/roster-uploads/", {"file": file}).json()
    assert (
        checked["state"] == "checked" and len(checked["report"]["difference"]["children"]["unchanged"]) == 20
    )
    take = f"roster-uploads/{checked['id']}/take/"
    assert send(client, "post", take).json()["state"] == "taken"
    assert (send(client, "post", take).status_code, send(client, "post", take).json()["code"]) == (
        409,
        "upload.moved_on",
    )
    broken = client.post("/api/v1/roster-uploads/", {"file": SimpleUploadedFile("b.xlsx", b"none")}).json()
    assert broken["state"] == "refused" and broken["report"]["problems"][0]["row"] == 1


def test_a_file_too_big_is_not_even_read(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("backend.api.uploads.MOST_BYTES", 10)
    before = RosterUpload.objects.count()
    answer = world.client("coordinator").post(
        "/api/v1/roster-uploads/", {"file": SimpleUploadedFile("r.xlsx", b"x" * 11)}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_big")
    assert RosterUpload.objects.count() == before


def test_the_roster_goes_out_as_a_workbook_with_the_password(world: World) -> None:
    client = world.client("coordinator")
    refused = send(client, "post", "exports/roster/", {"password": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (403, "password.wrong")
    assert not Entry.objects.filter(action="roster.exported").exists()
    answer = send(client, "post", "exports/roster/", {"password": PASSWORD})
    assert load_workbook(io.BytesIO(answer.content)).sheetnames == ["学生", "导师"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_round_from_start_to_published(world: World) -> None:
    client = world.client("coordinator")
    started = send(client, "post", "rounds/", {"weights": {"academic_district": 3}}).json()
    assert (started["state"], started["weights"]["academic_district"]) == ("solving", 3)
    claimed = claim()
    assert claimed is not None
    store(claimed, solve(snapshot_of(claimed)))
    path = f"rounds/{started['id']}/"
    solved = client.get(f"/api/v1/{path}").json()
    assert (solved["state"], solved["figures"]["complete"]) == ("solved", 20)
    rows = client.get(f"/api/v1/{path}proposals/?role=wellbeing").json()["results"]
    assert len(rows) == 20 and {row["role"] for row in rows} == {"wellbeing"}
    place = f"{path}proposals/{rows[0]['child']['id']}/wellbeing/"
    choices = client.get(f"/api/v1/{place}choices/").json()["results"]
    assert choices[0]["free"] and choices[0]["mentor"]["name"]
    taken = client.get(f"/api/v1/{place}choices/?free=false").json()["results"]
    assert taken and not any(choice["free"] for choice in taken)
    body = {"version": solved["version"], "mentor": choices[0]["mentor"]["id"], "slot": choices[0]["slot"]}
    changed = send(client, "put", place, body).json()
    assert changed["version"] == solved["version"] + 1
    assert send(client, "put", place, body).json()["code"] == "round.plan_changed"
    found = client.get(f"/api/v1/{path}difference/").json()
    again = {"version": changed["version"], "password": PASSWORD}
    assert (
        send(client, "post", f"{path}publish/", {**again, "password": "x"}).json()["code"] == "password.wrong"
    )
    assert send(client, "post", f"{path}publish/", {**again, "version": 0}).status_code == 409
    assert send(client, "post", f"{path}publish/", again).json()["state"] == "published"
    assert send(client, "post", f"{path}publish/", again).json()["code"] == "round.moved_on"
    assert Pairing.objects.filter(round_id=started["id"]).count() == len(found["started"])


def test_a_rule_that_a_change_breaks_is_named(world: World) -> None:
    place = world.round.proposals.filter(role="wellbeing").first()
    body = {"version": world.round.version, "mentor": place.mentor_id, "slot": 3}
    path = f"rounds/{world.round.pk}/proposals/{place.child_id}/wellbeing/"
    answer = send(world.client("coordinator"), "put", path, body)
    assert answer.json()["code"] == "round.breaks_a_rule"
    assert answer.json()["facts"]["rules"][0]["rule"] == "hour_not_free"
    assert not world.round.proposals.filter(by_hand=True).exists()


def test_a_running_round_is_cancelled(world: World) -> None:
    client = world.client("coordinator")
    started = send(client, "post", "rounds/").json()
    assert send(client, "post", f"rounds/{started['id']}/cancel/").json()["state"] == "draft"
    assert send(client, "post", f"rounds/{started['id']}/discard/").json()["state"] == "discarded"
    assert Round.objects.get(pk=started["id"]).state == "discarded"


def test_a_weight_that_is_none_is_refused(world: World) -> None:
    answer = send(world.client("coordinator"), "post", "rounds/", {"weights": {"luck": 1}})
    assert answer.status_code == 400 and "luck" in answer.json()["detail"]


def test_a_lock_stands_once_until_it_is_lifted(world: World) -> None:
    client = world.client("coordinator")
    body = {"kind": "forbid", "child": world.child.pk, "mentor": world.lock.mentor_id}
    assert send(client, "post", "locks/", body).json()["code"] == "lock.stands"
    assert send(client, "delete", f"locks/{world.lock.pk}/").status_code == 204
    assert send(client, "post", "locks/", body).status_code == 201


def test_refusals_speak_the_reader_s_language(world: World) -> None:
    client = world.client("coordinator")
    assert send(client, "post", "exports/roster/", {"password": "x"}).json()["detail"] == "密码不对。"
    world.coordinator.language = "en"
    world.coordinator.save()
    answer = send(client, "post", "exports/roster/", {"password": "x"})
    assert answer.json()["detail"] == "This is not your password."


def test_what_other_choices_cost_is_asked_for_and_then_read(world: World) -> None:
    desk = world.client("coordinator")
    path = f"rounds/{world.round.pk}/proposals/{world.child.pk}/academic/comparison/"
    assert desk.get(f"/api/v1/{path}").json()["state"] == "not_asked"
    asked = send(desk, "post", path)
    assert (asked.status_code, asked.json()["state"], asked.json()["alternatives"]) == (202, "waiting", [])
    assert run_next_comparison()
    answer = desk.get(f"/api/v1/{path}").json()
    assert (answer["state"], answer["version"], answer["error"]) == ("answered", world.round.version, "")
    chosen = world.round.proposals.get(child=world.child, role="academic")
    for each in answer["alternatives"]:
        assert (each["mentor"]["id"], each["slot"]) != (chosen.mentor_id, chosen.slot)
        assert each["fit"] == sum(each["terms"].values()) and each["cost"]["exact"]
        points = each["cost"]["others"]
        if not each["cost"]["complete"] and not each["cost"]["others_complete"]:
            assert (f" {abs(points)} 分" if points else "不影响其他任何人") in each["words"][0]
    assert answer["alternatives"]
