"""Every API route × method: its place in the world, a body that would do the thing, and what each person is answered."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from backend.care.models import Alert, CallRequest, Shift
from backend.notices.models import Notice
from backend.rosters.models import ChildSlot, MentorSlot
from chat.meetings import hours_to_offer
from chat.models import Held, Meeting
from tests.api.cast import DESK, GUARDIANS, PEOPLE, SCHEDULE, SIGNED_IN, answers
from tests.api.conftest import DAY_OFF, PASSWORD, World

METHODS = ("get", "post", "put", "patch", "delete")
ABSENT = 987_654_321

DESK_AND_OWN_MENTOR = (*DESK, "mentor", "ended mentor")
MENTORS = ("mentor", "wellbeing mentor")


def coordinators(status: int) -> dict[str, int]:
    return answers(status, DESK)


def leads(status: int) -> dict[str, int]:
    return answers(status, "lead")


RUNG = (
    *MENTORS,
    "ended mentor",
    "foreign mentor",
    *GUARDIANS,
    "foreign guardian",
    *SCHEDULE,
    "foreign carer",
)
CHILDREN = answers(200, "child", "foreign child")
EVERYBODY = dict.fromkeys(PEOPLE, 200)
LISTED = answers(200, SIGNED_IN)  # whose rows: test_resources, test_log, tests/notices
OWN_CHILD = answers(200, DESK, "child", GUARDIANS)
OWN_ROOM = answers(200, "mentor", "ended mentor", "child", "young guardian", "emergency reader")
OWN_PAIR = answers(200, DESK, "mentor", "child", GUARDIANS)
OWN_LOG = answers(200, DESK, MENTORS, "child", GUARDIANS)
OWN_MEETING = answers(200, DESK, "mentor", "child", GUARDIANS, SCHEDULE)
MOVERS = answers(200, DESK, "mentor", GUARDIANS, "carer")
MENTOR_WRITES = answers(201, "mentor")

# (route, method): what each of PEOPLE is answered, with a body that would do the thing.
TABLE: dict[tuple[str, str], dict[str, int]] = {
    ("api-session", "get"): EVERYBODY,
    ("api-session", "post"): EVERYBODY,
    ("api-session", "patch"): dict.fromkeys(PEOPLE, 401),  # without a password first
    ("api-session", "delete"): dict.fromkeys(PEOPLE, 204),
    ("api-sessions", "delete"): answers(204, SIGNED_IN),
    ("api-me", "get"): LISTED,
    ("api-schema", "get"): EVERYBODY,
    ("api-docs", "get"): EVERYBODY,
    ("api-districts-list", "get"): LISTED,
    ("api-subjects-list", "get"): LISTED,
    ("api-children-list", "get"): LISTED,  # whose rows: test_resources
    ("api-children-list", "post"): coordinators(201),
    ("api-children-detail", "get"): OWN_CHILD,
    ("api-children-detail", "patch"): coordinators(200),
    ("api-children-active", "put"): coordinators(200),
    ("api-children-quiet", "put"): coordinators(200),
    ("api-mentors-list", "get"): LISTED,
    ("api-mentors-list", "post"): coordinators(201),
    ("api-mentors-detail", "get"): answers(200, DESK_AND_OWN_MENTOR),
    ("api-mentors-detail", "patch"): coordinators(200),
    ("api-mentors-active", "put"): coordinators(200),
    ("api-mentors-paused", "put"): answers(200, DESK_AND_OWN_MENTOR),
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
    ("api-edits", "get"): coordinators(200),
    ("api-undo", "post"): coordinators(409),  # nothing was changed yet
    ("api-redo", "post"): coordinators(409),
    ("api-again", "post"): coordinators(201),
    ("api-swap", "post"): coordinators(400),  # with itself
    ("api-locks-list", "get"): coordinators(200),
    ("api-locks-list", "post"): coordinators(201),
    ("api-locks-detail", "delete"): coordinators(204),
    ("api-pairings-list", "get"): coordinators(200),
    ("api-pairings-detail", "get"): coordinators(200),
    ("api-answer", "put"): answers(204, "mentor"),
    ("api-rooms-list", "get"): LISTED,  # whose rows: test_log
    ("api-rooms-detail", "get"): OWN_ROOM,
    ("api-rooms-messages", "get"): OWN_ROOM,
    ("api-notices-list", "get"): LISTED,  # whose: tests/notices
    ("api-notices-read", "post"): answers(204, GUARDIANS),
    ("api-room-frozen", "put"): answers(204, "lead"),
    ("api-redact", "post"): answers(204, "lead"),
    ("api-meetings-list", "get"): LISTED,  # whose rows: test_log
    ("api-meetings-detail", "get"): OWN_MEETING,
    ("api-meetings-hours", "get"): MOVERS,
    ("api-meetings-move", "post"): MOVERS,
    ("api-meetings-cancel", "post"): MOVERS,
    ("api-meetings-takeback", "post"): answers(409, DESK, "mentor", GUARDIANS, "carer"),  # not cancelled
    ("api-report", "post"): MENTOR_WRITES,
    ("api-report-dispute", "post"): answers(200, "child", GUARDIANS),
    ("api-report-summary", "post"): MENTOR_WRITES,
    ("api-session-summary", "post"): MENTOR_WRITES,
    ("api-summaries-list", "get"): LISTED,  # whose rows: test_log
    ("api-summaries-detail", "get"): OWN_LOG,
    ("api-child-history", "get"): OWN_LOG,
    ("api-consent", "get"): OWN_CHILD,
    ("api-consent", "post"): answers(409, GUARDIANS),  # it stands
    ("api-consent", "delete"): answers(200, GUARDIANS),
    ("api-stop", "post"): answers(200, "child"),
    ("api-stop", "delete"): answers(409, "child"),  # the child takes part
    ("api-readers", "get"): answers(200, "child", GUARDIANS),
    ("api-readers", "post"): answers(409, GUARDIANS),  # asked already; too young to be asked
    ("api-reader", "put"): answers(204, "child"),
    ("api-reader", "delete"): answers(204, "guardian") | {"young guardian": 409},
    ("api-guardian", "put"): coordinators(204),
    ("api-child-card", "get"): OWN_LOG,
    ("api-mentor-card", "get"): answers(200, DESK_AND_OWN_MENTOR, "child", GUARDIANS, SCHEDULE),
    ("api-looks", "get"): answers(200, "lead", GUARDIANS),
    ("api-log-list", "get"): coordinators(200),  # whose acts: tests/care
    ("api-held-list", "get"): coordinators(200),
    ("api-held-detail", "get"): coordinators(200),
    ("api-held-decide", "post"): coordinators(204),
    ("api-readings-list", "get"): coordinators(200),
    ("api-readings-list", "post"): coordinators(201),
    ("api-readings-detail", "get"): coordinators(200),
    ("api-readings-decide", "post"): coordinators(200),
    ("api-readings-review", "post"): leads(200),
    ("api-readings-case", "put"): leads(200),
    ("api-cases-list", "get"): leads(200),
    ("api-cases-list", "post"): leads(201),
    ("api-cases-detail", "get"): answers(200, "lead", "duty counsellor"),
    ("api-cases-seal", "post"): leads(200),
    ("api-cases-release", "post"): leads(200),
    ("api-cases-close", "post"): answers(200, "lead", "duty counsellor"),
    ("api-cases-talk", "post"): leads(204),
    ("api-cases-take", "post"): answers(200, "lead", "duty counsellor"),
    ("api-cases-passon", "post"): answers(204, "lead", "duty counsellor"),
    ("api-cases-notes", "get"): answers(200, "lead", "duty counsellor"),
    ("api-cases-notes", "post"): answers(201, "lead", "duty counsellor"),
    ("api-cases-alerts", "get"): answers(200, "lead", "duty counsellor"),
    ("api-case-alert", "put"): leads(204),
    ("api-duty", "get"): answers(200, DESK, "duty counsellor"),
    ("api-help", "get"): CHILDREN,
    ("api-help", "post"): CHILDREN,
    ("api-worries", "post"): answers(204, MENTORS, "child", GUARDIANS, "limited guardian"),
    ("api-calls-list", "get"): coordinators(200),
    ("api-calls-detail", "put"): coordinators(200),
    ("api-own-call", "get"): answers(200, RUNG),
    ("api-own-call", "post"): answers(201, RUNG),
    ("api-own-call", "delete"): answers(409, RUNG),  # they asked for none
    ("api-own-hours", "get"): answers(200, MENTORS, "ended mentor", "foreign mentor"),
    # Two of them have other hours than those that the body says were seen.
    ("api-own-hours", "put"): answers(200, "mentor", "ended mentor")
    | dict.fromkeys(("wellbeing mentor", "foreign mentor"), 409),
    ("api-absence", "put"): coordinators(200),
    ("api-absence", "delete"): coordinators(200),
    ("api-pairing-end", "post"): answers(204, DESK, "mentor"),
    ("api-programme", "get"): coordinators(200),
    ("api-programme", "put"): coordinators(200),
    ("api-rota", "get"): coordinators(200),
    ("api-shifts-list", "get"): coordinators(200),
    ("api-shifts-list", "post"): coordinators(201),
    ("api-shifts-detail", "delete"): coordinators(204),
    ("api-holidays-list", "get"): coordinators(200),
    ("api-holidays-list", "post"): coordinators(201),
    ("api-holidays-detail", "delete"): coordinators(204),
    **{("api-nothing", method): answers(404) for method in METHODS},
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
        "rooms": {"pk": world.room_id},
        "meetings": {"pk": meeting_of(world).pk},
        "summaries": {"pk": world.summary.pk},
        "holidays": {"pk": DAY_OFF},
        "held": {"pk": held_of(world).pk},
        "readings": {"pk": world.reading.pk},
        "api-readings-review": {"pk": world.alone.pk},
        "cases": {"pk": world.case.pk},
        "api-worries": {"child_id": world.child.pk},
        "api-absence": {"mentor_id": world.mentor.pk},
        "api-pairing-end": {"pairing_id": world.pairing.pk},
        "api-looks": {"child_id": world.child.pk},
        "api-redact": {"room_id": world.room_id, "s": 1},
        "api-room-frozen": {"room_id": world.room_id},
        "api-answer": {"pairing_id": world.pairing.pk},
        "api-report": {"pairing_id": world.pairing.pk},
        "api-report-dispute": {"report_id": world.report.pk},
        "api-report-summary": {"report_id": world.report.pk},
        "api-session-summary": {"session_id": world.session.pk},
        "api-child-history": {"child_id": world.child.pk},
        "api-consent": {"child_id": world.child.pk},
        "api-stop": {"child_id": world.child.pk},
        "api-readers": {"child_id": world.child.pk},
        "api-reader": {"reader_id": world.reader.pk},
        "api-guardian": {"link_id": world.child.guardianships.get(order=1).pk},
        "api-child-card": {"child_id": world.child.pk},
        "api-mentor-card": {"mentor_id": world.mentor.pk},
        "api-proposals": {"round_id": world.round.pk},
        "api-unserved": {"round_id": world.round.pk},
        "api-difference": {"round_id": world.round.pk},
        "api-place": {"round_id": world.round.pk, **one},
        "api-choices": {"round_id": world.round.pk, **one},
        "api-comparison": {"round_id": world.round.pk, **one},
        "api-swap": {"round_id": world.round.pk, **one},
    }
    ids |= {f"api-{of}": {"round_id": world.round.pk} for of in ("edits", "undo", "redo", "again")}
    resource = name.removeprefix("api-").rsplit("-", 1)[0].removesuffix("-gone")
    if resource == "shifts":  # the list has one, too
        ids["shifts"] = {"pk": shift_of(world).pk}
    if resource == "calls":
        ids["calls"] = {"pk": call_of(world).pk}
    if name in ("api-case-alert", "api-cases-passon", "api-cases-alerts", "api-duty"):
        ids["api-case-alert"] = {"case_id": world.case.pk, "alert_id": alert_of(world).pk}
    known = {} if name.endswith("-list") else ids.get(name) or ids.get(resource, {})
    if absent:
        nowhere = {"role": "academic"} | ({"pk": date(1999, 1, 1)} if name.startswith("api-holidays") else {})
        known = {key: nowhere.get(key, ABSENT) for key in known}
    return "/api/v1/no/such/thing/" if name == "api-nothing" else reverse(name, kwargs=known)


def held_of(world: World) -> Held:
    assert world.held is not None
    return world.held


def meeting_of(world: World) -> Meeting:
    return Meeting.objects.to_come().filter(pairing=world.pairing).earliest("start")


def shift_of(world: World) -> Shift:
    begins = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    found, _made = Shift.objects.get_or_create(
        person=world.coordinator,
        begins_at=begins,
        defaults={"post": "counsellor", "ends_at": begins + timedelta(hours=4)},
    )
    return found


def alert_of(world: World) -> Alert:
    now, lead = timezone.now(), world.people["lead"]
    answered = {"answered_at": now, "answered_by": lead}  # else its case could not be closed
    found, _made = Alert.objects.get_or_create(
        case=world.case, kind="concern", defaults={"raised_at": now, **answered}
    )
    return found


def call_of(world: World) -> CallRequest:
    now, person = timezone.now(), world.people["duty counsellor"]
    to_ring = {"topic": "hour", "asked_at": now, "answer_by": now + timedelta(hours=1)}
    found, _made = CallRequest.objects.get_or_create(asked_by=person, answered_at=None, defaults=to_ring)
    return found


def hour_for(world: World) -> str:
    """An hour to which the meeting can be moved."""
    for slot in range(11, 168, 24):
        ChildSlot.objects.get_or_create(child=world.child, slot=slot)
        MentorSlot.objects.get_or_create(mentor=world.mentor, slot=slot)
    offered = hours_to_offer(actor=world.coordinator, meeting_id=meeting_of(world).pk)
    return offered[0].start.isoformat()


def body_of(world: World, name: str, method: str) -> dict[str, Any]:
    place = world.place
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
        ("api-answer", "put"): {"suits": True, "slot": world.pairing.slot},
        ("api-swap", "post"): {"version": world.round.version, "other": world.child.pk},
        **{(f"api-{does}", "post"): {"version": world.round.version} for does in ("undo", "redo", "again")},
        ("api-reader", "put"): {"agree": True},
        ("api-guardian", "put"): {"status": "limited", "reason": "court"},
        ("api-readings-list", "post"): {
            "room": world.room_id,
            "first_day": timezone.localdate().isoformat(),
            "last_day": timezone.localdate().isoformat(),
            "code": "report",
            "reason": "班主任转告孩子在聊天室里说了让人担心的话",
        },
        ("api-children-quiet", "put"): {"quiet": True, "reason": "illness"},
        ("api-held-decide", "post"): {"release": True},
        ("api-readings-decide", "post"): {"approve": True},
        ("api-readings-review", "post"): {"review": "right"},
        ("api-readings-case", "put"): {"case": world.case.pk},
        ("api-cases-list", "post"): {"child": world.child.pk, "kind": "abuse"},
        ("api-cases-close", "post"): {"outcome": "settled"},
        ("api-cases-passon", "post"): {"note": "我明天不在，请接手。"},
        ("api-cases-notes", "post"): {"kind": "call", "body": "打过电话，没人接。"},
        ("api-case-alert", "put"): {"verdict": "true"},
        ("api-worries", "post"): {"kind": "concern", "words": "他三天没吃晚饭。"},
        ("api-calls-detail", "put"): {"outcome": "reached"},
        ("api-own-call", "post"): {"topic": "other"},
        ("api-own-hours", "put"): {
            "free": [68],
            "seen": list(MentorSlot.objects.filter(mentor=world.mentor).values_list("slot", flat=True)),
        },
        ("api-absence", "put"): {"until": timezone.localdate().isoformat()},
        ("api-pairing-end", "post"): {"reason": "not_a_fit"},
        ("api-cases-talk", "post"): {"room": world.room_id, "first": 1, "last": 1},
        ("api-redact", "post"): {"reason": "contact"},
        ("api-room-frozen", "put"): {"frozen": True},
        ("api-report", "post"): {
            "began_at": (timezone.now() - timedelta(days=2)).isoformat(),
            "minutes": 20,
            "medium": "video",
        },
        ("api-report-summary", "post"): {"body": "口算。"},
        ("api-session-summary", "post"): {"body": "分数的加减法。下次：通分。"},
        ("api-programme", "put"): {"first_day": "2020-02-10", "last_day": None},
        ("api-shifts-list", "post"): {
            "person": world.coordinator.pk,
            "post": "counsellor",
            "begins_at": "2031-02-01T09:00:00+08:00",
            "ends_at": "2031-02-01T13:00:00+08:00",
        },
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
