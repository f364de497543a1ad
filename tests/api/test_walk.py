"""Every API route × method × person, against one table."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from backend.api.urls import urlpatterns
from backend.notices.models import Notice
from backend.rosters.models import ChildSlot, MentorSlot
from chat.meetings import hours_to_offer
from chat.models import Meeting
from tests.api.conftest import DAY_OFF, PASSWORD, World, undone

METHODS = ("get", "post", "put", "patch", "delete")
PEOPLE = (
    "anonymous",
    "coordinator",
    "lead",
    "mentor",
    "foreign mentor",
    "child",
    "foreign child",
    "guardian",
    "foreign guardian",
)
ABSENT = 987_654_321


def coordinators(status: int) -> tuple[int, ...]:
    return (401, status, status, 404, 404, 404, 404, 404, 404)


EVERYBODY = (200,) * 9
SIGNED_IN = (401,) + (200,) * 8
OWN_CHILD = (401, 200, 200, 404, 404, 200, 404, 200, 404)
OWN_ROOM = (401, 404, 404, 200, 404, 200, 404, 404, 404)
OWN_PAIR = (401, 200, 200, 200, 404, 200, 404, 200, 404)
MOVERS = (401, 200, 200, 200, 404, 404, 404, 200, 404)
MENTOR_WRITES = (401, 404, 404, 201, 404, 404, 404, 404, 404)
OWN_MENTOR = (401, 200, 200, 200, 404, 404, 404, 404, 404)

# (route, method): what each of PEOPLE is answered, with a body that would do the thing.
TABLE: dict[tuple[str, str], tuple[int, ...]] = {
    ("api-session", "get"): EVERYBODY,
    ("api-session", "post"): EVERYBODY,
    ("api-session", "patch"): (401,) * 9,  # without a password first
    ("api-session", "delete"): (204,) * 9,
    ("api-sessions", "delete"): (401,) + (204,) * 8,
    ("api-me", "get"): SIGNED_IN,
    ("api-schema", "get"): EVERYBODY,
    ("api-docs", "get"): EVERYBODY,
    ("api-districts-list", "get"): SIGNED_IN,
    ("api-subjects-list", "get"): SIGNED_IN,
    ("api-children-list", "get"): SIGNED_IN,  # whose rows: test_resources
    ("api-children-list", "post"): coordinators(201),
    ("api-children-detail", "get"): OWN_CHILD,
    ("api-children-detail", "patch"): coordinators(200),
    ("api-children-active", "put"): coordinators(200),
    ("api-mentors-list", "get"): SIGNED_IN,
    ("api-mentors-list", "post"): coordinators(201),
    ("api-mentors-detail", "get"): OWN_MENTOR,
    ("api-mentors-detail", "patch"): coordinators(200),
    ("api-mentors-active", "put"): coordinators(200),
    ("api-mentors-paused", "put"): OWN_MENTOR,
    ("api-roster-uploads-list", "get"): coordinators(200),
    ("api-roster-uploads-list", "post"): coordinators(201),
    ("api-roster-uploads-detail", "get"): coordinators(200),
    ("api-roster-uploads-take", "post"): coordinators(409),
    ("api-roster-uploads-gone-inactive", "post"): coordinators(200),
    ("api-export-roster", "post"): coordinators(200),
    ("api-rounds-list", "get"): coordinators(200),
    ("api-rounds-list", "post"): coordinators(201),
    ("api-rounds-detail", "get"): coordinators(200),
    ("api-rounds-cancel", "post"): coordinators(409),
    ("api-rounds-discard", "post"): coordinators(200),
    ("api-rounds-publish", "post"): coordinators(200),
    ("api-proposals", "get"): coordinators(200),
    ("api-unserved", "get"): coordinators(200),
    ("api-difference", "get"): coordinators(200),
    ("api-place", "put"): coordinators(200),
    ("api-choices", "get"): coordinators(200),
    ("api-comparison", "get"): coordinators(200),
    ("api-comparison", "post"): coordinators(202),
    ("api-locks-list", "get"): coordinators(200),
    ("api-locks-list", "post"): coordinators(201),
    ("api-locks-detail", "delete"): coordinators(204),
    ("api-pairings-list", "get"): coordinators(200),
    ("api-pairings-detail", "get"): coordinators(200),
    ("api-rooms-list", "get"): SIGNED_IN,  # whose rows: test_log
    ("api-rooms-detail", "get"): OWN_ROOM,
    ("api-rooms-messages", "get"): OWN_ROOM,
    ("api-notices-list", "get"): SIGNED_IN,  # whose: tests/notices
    ("api-notices-read", "post"): (401, 404, 404, 404, 404, 404, 404, 204, 404),
    ("api-redact", "post"): (401, 404, 204, 404, 404, 404, 404, 404, 404),
    ("api-meetings-list", "get"): SIGNED_IN,  # whose rows: test_log
    ("api-meetings-detail", "get"): OWN_PAIR,
    ("api-meetings-hours", "get"): MOVERS,
    ("api-meetings-move", "post"): MOVERS,
    ("api-meetings-cancel", "post"): MOVERS,
    ("api-report", "post"): MENTOR_WRITES,
    ("api-report-dispute", "post"): (401, 404, 404, 404, 404, 200, 404, 200, 404),
    ("api-report-summary", "post"): MENTOR_WRITES,
    ("api-session-summary", "post"): MENTOR_WRITES,
    ("api-summaries-list", "get"): SIGNED_IN,  # whose rows: test_log
    ("api-summaries-detail", "get"): OWN_PAIR,
    ("api-child-history", "get"): OWN_PAIR,
    ("api-child-card", "get"): OWN_PAIR,
    ("api-mentor-card", "get"): OWN_PAIR,
    ("api-programme", "get"): coordinators(200),
    ("api-programme", "put"): coordinators(200),
    ("api-holidays-list", "get"): coordinators(200),
    ("api-holidays-list", "post"): coordinators(201),
    ("api-holidays-detail", "delete"): coordinators(204),
    ("api-invitations-list", "get"): coordinators(200),
    ("api-invitations-list", "post"): coordinators(201),
}


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            assert pattern.name
            yield pattern.name


def path_of(world: World, name: str, *, absent: bool = False) -> str:
    """The route about the own child, the own mentor, the solved round."""
    one = {"child_id": world.child.pk, "role": "academic"}
    ids: dict[str, dict[str, Any]] = {
        "children": {"pk": world.child.pk},
        "mentors": {"pk": world.mentor.pk},
        "roster-uploads": {"pk": world.upload.pk},
        "rounds": {"pk": world.round.pk},
        "locks": {"pk": world.lock.pk},
        "pairings": {"pk": world.pairing.pk},
        "notices": {"pk": Notice.objects.filter(person=world.people["guardian"]).latest("pk").pk},
        "rooms": {"pk": world.pairing.room.pk},
        "meetings": {"pk": meeting_of(world).pk},
        "summaries": {"pk": world.summary.pk},
        "holidays": {"pk": DAY_OFF},
        "api-redact": {"room_id": world.pairing.room.pk, "s": 1},
        "api-report": {"pairing_id": world.pairing.pk},
        "api-report-dispute": {"report_id": world.report.pk},
        "api-report-summary": {"report_id": world.report.pk},
        "api-session-summary": {"session_id": world.session.pk},
        "api-child-history": {"child_id": world.child.pk},
        "api-child-card": {"child_id": world.child.pk},
        "api-mentor-card": {"mentor_id": world.mentor.pk},
        "api-proposals": {"round_id": world.round.pk},
        "api-unserved": {"round_id": world.round.pk},
        "api-difference": {"round_id": world.round.pk},
        "api-place": {"round_id": world.round.pk, **one},
        "api-choices": {"round_id": world.round.pk, **one},
        "api-comparison": {"round_id": world.round.pk, **one},
    }
    resource = name.removeprefix("api-").rsplit("-", 1)[0].removesuffix("-gone")
    known = {} if name.endswith("-list") else ids.get(name) or ids.get(resource, {})
    if absent:
        nowhere = {"role": "academic"} | ({"pk": date(1999, 1, 1)} if name.startswith("api-holidays") else {})
        known = {key: nowhere.get(key, ABSENT) for key in known}
    return reverse(name, kwargs=known)


def meeting_of(world: World) -> Meeting:
    return Meeting.objects.to_come().filter(pairing=world.pairing).earliest("start")


def hour_for(world: World) -> str:
    """An hour to which the meeting can be moved."""
    for slot in range(11, 168, 24):
        ChildSlot.objects.get_or_create(child=world.child, slot=slot)
        MentorSlot.objects.get_or_create(mentor=world.mentor, slot=slot)
    offered = hours_to_offer(actor=world.coordinator, meeting_id=meeting_of(world).pk)
    return offered[0].start.isoformat()


def body_of(world: World, name: str, method: str) -> dict[str, Any]:
    place = world.round.proposals.get(child=world.child, role="academic")
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("api-session", "post"): {"login": "co", "password": PASSWORD},
        ("api-session", "patch"): {"code": "000000"},
        ("api-children-list", "post"): {
            "child_id": "C-NEW",
            "name": "李小雨",
            "grade": "5",
            "subjects": "math",
            "availability": "MON-19;TUE-19",
            "district": "历下区",
            "birth_date": "2010-05-04",
            "parent_name": "李雨",
            "parent_phone": "13900001234",
        },
        ("api-children-detail", "patch"): {"needs": "多聊聊学校的事"},
        ("api-children-active", "put"): {"active": False},
        ("api-mentors-list", "post"): {
            "mentor_id": "M-NEW",
            "name": "王新",
            "roles": "academic",
            "teaches": "math:4-6",
            "availability": "MON-19;TUE-19",
            "capacity": "2",
            "phone": "13900004321",
            "district": "历下区",
        },
        ("api-mentors-detail", "patch"): {"capacity": "5"},
        ("api-mentors-active", "put"): {"active": False},
        ("api-mentors-paused", "put"): {"paused": True},
        ("api-export-roster", "post"): {"password": PASSWORD},
        ("api-rounds-list", "post"): {},
        ("api-rounds-publish", "post"): {"password": PASSWORD, "version": world.round.version},
        ("api-place", "put"): {
            "version": world.round.version,
            "mentor": place.mentor_id,
            "slot": place.slot,
        },
        ("api-redact", "post"): {"reason": "contact"},
        ("api-report", "post"): {
            "began_at": (timezone.now() - timedelta(days=2)).isoformat(),
            "minutes": 20,
            "medium": "video",
        },
        ("api-report-summary", "post"): {"body": "口算。"},
        ("api-session-summary", "post"): {"body": "分数的加减法。下次：通分。"},
        ("api-programme", "put"): {"first_day": "2020-02-10", "last_day": None},
        ("api-holidays-list", "post"): {"day": "2020-04-04", "name": "清明"},
        ("api-invitations-list", "post"): {"user": world.child.user_id},
        ("api-locks-list", "post"): {
            "kind": "forbid",
            "child": world.foreign_child.pk,
            "mentor": world.mentor.pk,
            "role": "wellbeing",
        },
    }
    if name == "api-meetings-move":
        return {"start": hour_for(world)}
    return bodies.get((name, method), {})


def ask(world: World, who: str, name: str, method: str, path: str) -> Any:
    client = world.client(who)
    if (name, method) == ("api-roster-uploads-list", "post"):
        return client.post(path, {"file": SimpleUploadedFile("r.xlsx", world.file)})
    if method == "get":
        return client.get(path)
    body = json.dumps(body_of(world, name, method))
    return getattr(client, method)(path, body, content_type="application/json")


def test_the_table_names_every_route() -> None:
    assert set(routes(urlpatterns)) == {name for name, _method in TABLE}


@pytest.mark.django_db
def test_everybody_gets_what_the_table_says(world: World) -> None:
    wrong, not_found = [], set()
    for name in dict.fromkeys(name for name, _method in TABLE):
        path = path_of(world, name)
        for method in METHODS:
            # What the table does not name must not exist.
            open_door = name in ("api-session", "api-schema", "api-docs")
            refused = (405,) * 9 if open_door else (401,) + (405,) * 8
            expected = TABLE.get((name, method), refused)
            for who, status in zip(PEOPLE, expected, strict=True):
                with undone():
                    response = ask(world, who, name, method, path)
                if response.status_code != status:
                    wrong.append((name, method, who, status, response.status_code))
                if response.status_code == 404:
                    not_found.add(response.content)
                elif response.status_code >= 400 and name != "api-docs":  # a page
                    assert set(response.json()) == {"code", "detail", "facts"}
    assert wrong == []
    assert len(not_found) == 1


@pytest.mark.django_db
def test_absent_and_foreign_answer_with_the_same_bytes(world: World) -> None:
    for name, method in TABLE:
        path, nowhere = path_of(world, name), path_of(world, name, absent=True)
        if path == nowhere:
            continue
        statuses = zip(PEOPLE, TABLE[name, method], strict=True)
        knows = next(who for who, status in statuses if status < 400 or status == 409)
        with undone():
            absent = ask(world, knows, name, method, nowhere)
            foreign = ask(world, "foreign child", name, method, path)
        assert (absent.status_code, foreign.status_code) == (404, 404), (name, method)
        assert absent.content == foreign.content
        assert absent.headers.items() == foreign.headers.items()


def test_options_tell_nothing(world: World) -> None:
    assert world.client("mentor").options("/api/v1/rounds/").status_code == 405


@pytest.mark.django_db
def test_nobody_learns_from_a_bad_body_that_something_exists(world: World) -> None:
    client = world.client("foreign child")
    for name, method in TABLE:
        if method == "get" or name in ("api-session", "api-sessions"):  # they read no body
            continue
        answer = getattr(client, method)(path_of(world, name), b"{", content_type="application/json")
        assert answer.status_code == 404, (name, method)
