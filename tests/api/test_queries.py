"""Lists ask the database as often for many rows as for one, and come in pages."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.care.cases import open_case
from backend.care.readings import ask_in_emergency
from backend.care.requests import ask_to_be_rung
from backend.care.rota import add_shift
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell
from backend.rosters import imports
from backend.rosters.ways_in import invite_person
from chat.models import Held
from chat.programme import add_holiday
from chat.sessions import write_summary
from matching import locks
from matching.models import Unserved
from tests.api.conftest import World, solved_round
from tests.api.routes import TABLE, path_of

# The most queries of a list, sign-in included. All of them are named; test_every_list_is_here says so.
LISTS = {
    "api-children-list": 5,
    "api-mentors-list": 6,
    "api-roster-uploads-list": 4,
    "api-districts-list": 4,
    "api-subjects-list": 4,
    "api-rounds-list": 4,
    "api-locks-list": 4,
    "api-pairings-list": 4,
    "api-notices-list": 4,
    "api-proposals": 5,
    "api-unserved": 5,
    "api-choices": 9,  # one for who was forbidden since the round began
    "api-rooms-list": 4,
    "api-meetings-list": 4,
    "api-summaries-list": 4,
    "api-holidays-list": 4,
    "api-shifts-list": 4,
    "api-invitations-list": 4,
    "api-held-list": 4,
    "api-readings-list": 4,
    "api-cases-list": 4,
    "api-calls-list": 4,
    "api-log-list": 4,
    "api-looks": 11,
}
LOOKERS = {"api-rooms-list": "child", "api-cases-list": "lead", "api-looks": "lead"}


def test_every_list_is_here() -> None:
    listed = {name for name, method in TABLE if method == "get" and name.endswith("-list")}
    assert listed | {"api-proposals", "api-unserved", "api-choices", "api-looks"} == set(LISTS)


def tell_missing_summaries(coordinator: Any, days: int) -> None:
    news = [
        News(
            person=coordinator.pk,
            audience=Audience.COORDINATOR,
            kind=Kind.SUMMARIES_MISSING,
            about=f"summaries:{day}",
            facts={"count": day},
        )
        for day in range(days)
    ]
    tell(news, now=timezone.now())


def asked(world: World, name: str, size: int) -> tuple[int, dict[str, Any]]:
    client = world.client(LOOKERS.get(name, "coordinator"))
    path = path_of(world, name)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(path, {"page_size": size})
    assert response.status_code == 200, response.content
    return len(queries), response.json()


@pytest.mark.django_db
def test_lists_ask_as_often_for_many_rows_as_for_one(world: World) -> None:
    locks.add_lock(
        actor=world.coordinator, kind="forbid", child_id=world.foreign_child.pk, mentor_id=world.mentor.pk
    )
    for proposal in world.round.proposals.all()[:2]:
        Unserved.objects.create(
            round=world.round,
            child=proposal.child,
            role=proposal.role,
            reason="nobody_eligible",
            facts={"grade": 5},
        )
    tell_missing_summaries(world.coordinator, 3)
    world.round.proposals.first().delete()
    solved_round(world.coordinator)
    imports.check_upload(actor=world.coordinator, file_name="again.xlsx", content=world.file)
    write_summary(actor=world.mentor.user, report_id=world.report.pk, body="口算。")
    add_holiday(actor=world.coordinator, day=date(2020, 4, 4))
    for days in (1, 2):
        begins = timezone.now() + timedelta(days=days)
        times = {"begins_at": begins, "ends_at": begins + timedelta(hours=4)}
        add_shift(actor=world.coordinator, person_id=world.coordinator.pk, post="counsellor", **times)
    invite_person(actor=world.coordinator, user_id=world.child.user_id)
    open_case(actor=None, child_id=world.child.pk, kind="other")
    ask_in_emergency(
        actor=world.people["lead"],
        room_id=world.pairing.room.pk,
        first_day=timezone.localdate(),
        last_day=timezone.localdate(),
        code="law",
        reason="依照法律规定，有关部门要求了解这一天的聊天内容",
    )
    for asker in (world.mentor.user, world.people["guardian"]):
        ask_to_be_rung(actor=asker, topic="other")
    for cid in (1, 2):
        Held.objects.create(
            room=world.pairing.room, sender="mentor", cid=UUID(int=cid), body="加我", said_at=timezone.now()
        )
    world.client("coordinator").get(path_of(world, "api-children-detail"))
    world.client("lead").get(path_of(world, "api-children-detail"))
    for name, most in LISTS.items():
        few, one = asked(world, name, 1)
        many, all_ = asked(world, name, 100)
        assert len(one["results"]) == 1 < len(all_["results"]), name
        assert many == few <= most, (name, few, many)
        assert all_["count"] == one["count"] and one["next"]


@pytest.mark.django_db
def test_a_page_is_never_longer_than_200(world: World) -> None:
    client = world.client("coordinator")
    body = client.get("/api/v1/children/", {"page_size": 10_000}).json()
    assert body["count"] == 20 and body["next"] is None
    assert client.get("/api/v1/children/", {"page": 99}).json()["code"] == "not_found"


@pytest.mark.django_db
def test_one_of_something_takes_few_queries(world: World) -> None:
    for name, most in (
        ("api-rounds-detail", 5),
        ("api-pairings-detail", 3),
        ("api-difference", 7),
        ("api-me", 7),
        ("api-children-detail", 18),  # five of them write down who looked
        ("api-mentors-detail", 9),
        ("api-meetings-detail", 4),
        ("api-summaries-detail", 4),
        ("api-child-history", 22),  # of these two some are for writing down who looked
        ("api-child-card", 15),
        ("api-mentor-card", 5),
    ):
        client, path = world.client("coordinator"), path_of(world, name)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        assert len(queries) <= most, (name, len(queries))
