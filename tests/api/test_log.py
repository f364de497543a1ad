"""Rooms, meetings, history and summaries over REST: whose they are, and what each is told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from backend.accounts.invitations import take_up
from backend.accounts.models import User
from backend.audit.models import Entry
from backend.rosters.models import Certificate, Guardianship
from backend.rosters.quiet import set_quiet
from chat import duties
from chat.models import Attendance, Meeting, Session, Summary
from chat.sessions import write_summary
from matching.models import Pairing
from tests.api.conftest import PASSWORD, World
from tests.chat.people import Family, add_family

pytestmark = pytest.mark.django_db


@pytest.fixture
def family() -> Family:
    return add_family()


def ask(who: User, path: str, body: Any = None, **query: Any) -> Any:
    client = Client()
    client.force_login(who)
    if body is None:
        return client.get(f"/api/v1/{path}", query)
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def rows(who: User, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = ask(who, path, **query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def ended_session(family: Family, role: str, ended: Any) -> Session:
    began = ended - timedelta(minutes=30)
    return Session.objects.create(
        room=family.rooms[role],
        opened_at=began,
        active_at=began,
        ended_at=ended,
        why="mentor",
        decided_at=ended,
    )


def missed(family: Family, role: str = "academic") -> Meeting:
    """The coming meeting, put into the past and judged: only the child came."""
    meeting = Meeting.objects.filter(pairing=family.rooms[role].pairing).earliest("start")
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    Meeting.objects.filter(pk=meeting.pk).update(start=start, planned_start=start)
    Attendance.objects.create(
        room=family.rooms[role],
        side="child",
        token="0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e21",
        since=start,
        last_seen_at=start + timedelta(minutes=20),
        until=start + timedelta(minutes=20),
        why="left",
    )
    duties.judge_meetings(timezone.now())
    meeting.refresh_from_db()
    assert (meeting.state, meeting.missed_by) == ("missed", "mentor")
    return meeting


def test_everybody_lists_their_own_rooms_and_sees_which_side_they_are(family: Family) -> None:
    add_family(1, slots=(69, 93))
    both = rows(family.child.user, "rooms/")
    assert [(room["role"], room["you"]) for room in both] == [("academic", "child"), ("wellbeing", "child")]
    (own,) = rows(family.academic.user, "rooms/")
    assert own["you"] == "mentor" and own["child"] == {"id": family.child.pk, "call_name": "沐阳"}
    for other in (family.parent, family.carer, family.coordinator, family.stranger):
        assert rows(other, "rooms/") == []
    detail = ask(family.child.user, f"rooms/{own['id']}/").json()
    assert detail["readers"] == ["李老师", "沐阳", "紧急时的项目负责老师（每次都有记录）"]
    assert [room["role"] for room in rows(family.child.user, "rooms/", role="wellbeing")] == ["wellbeing"]


def test_everybody_lists_their_own_meetings(family: Family) -> None:
    other = add_family(1, slots=(69, 93))
    for who in (family.child.user, family.parent, family.carer):
        assert {row["child"]["id"] for row in rows(who, "meetings/")} == {family.child.pk}
    assert {row["role"] for row in rows(family.academic.user, "meetings/")} == {"academic"}
    assert rows(family.stranger, "meetings/") == []
    everybody = rows(family.coordinator, "meetings/", page_size=200)
    assert {row["child"]["id"] for row in everybody} == {family.child.pk, other.child.pk}
    mine = rows(family.coordinator, "meetings/", child=other.child.pk, role="wellbeing")
    assert mine and {(row["child"]["id"], row["role"]) for row in mine} == {(other.child.pk, "wellbeing")}
    Pairing.objects.filter(child=family.child).update(ended_at=timezone.now(), end_reason="not_a_fit")
    assert rows(family.academic.user, "meetings/") == rows(family.parent, "meetings/") == []


def test_meetings_are_found_by_their_days_and_states(family: Family) -> None:
    first, second, *_rest = rows(family.parent, "meetings/", role="academic")
    day = first["start"][:10]
    assert [row["id"] for row in rows(family.parent, "meetings/", role="academic", to=day)] == [first["id"]]
    later = rows(family.parent, "meetings/", role="academic", **{"from": second["start"][:10]})
    assert first["id"] not in {row["id"] for row in later}
    assert ask(family.parent, f"meetings/{first['id']}/cancel/", {}).json()["state"] == "cancelled"
    assert [row["id"] for row in rows(family.parent, "meetings/", state="cancelled")] == [first["id"]]
    again = ask(family.parent, f"meetings/{first['id']}/cancel/", {})
    assert (again.status_code, again.json()["code"]) == (409, "meeting.over")


def test_a_carer_moves_a_meeting_to_an_hour_on_offer_and_to_no_other(family: Family) -> None:
    meeting = rows(family.carer, "meetings/", role="academic")[0]
    path = f"meetings/{meeting['id']}"
    hours = ask(family.carer, f"{path}/hours/").json()["hours"]
    taken = ask(family.carer, f"{path}/move/", {"start": "2020-02-17T19:00:00+08:00"})
    assert (taken.status_code, taken.json()["code"]) == (409, "meeting.hour_taken")
    moved = ask(family.carer, f"{path}/move/", {"start": hours[-1]["start"]}).json()
    assert (moved["state"], moved["start"]) == ("moved", hours[-1]["start"])
    assert ask(family.child.user, f"{path}/move/", {"start": hours[0]["start"]}).status_code == 404


def test_who_sees_the_schedule_only_is_not_told_how_a_meeting_was_judged(family: Family) -> None:
    meeting = missed(family)
    limited = User.objects.create_user(name="林父")
    Guardianship.objects.create(
        child=family.child, guardian=limited, order=2, status="limited", status_reason="协议"
    )
    for who in (family.carer, limited):
        assert rows(who, "meetings/", state="missed") == []
        assert ask(who, f"meetings/{meeting.pk}/").status_code == 404
        assert ask(who, f"children/{family.child.pk}/history/").status_code == 404
        assert len(rows(who, "meetings/")) == Meeting.objects.count() - 1
    assert [row["state"] for row in rows(family.parent, "meetings/", state="missed")] == ["missed"]


def test_the_family_reads_that_nobody_met_but_not_who_was_missing(family: Family) -> None:
    month = f"{timezone.localdate(missed(family).start):%Y-%m}"
    path = f"children/{family.child.pk}/history/"
    for who in (family.parent, family.child.user):
        (line,) = ask(who, path, month=month).json()["lines"]
        assert (line["state"], line["missed_by"]) == ("missed", "")
        assert (line["mentor_minutes"], line["child_minutes"]) == (None, None)
    (line,) = ask(family.coordinator, path, month=month).json()["lines"]
    assert (line["missed_by"], line["mentor_minutes"], line["child_minutes"]) == ("mentor", 0, 20)


def test_the_wellbeing_mentor_reads_the_academic_log_and_not_the_other_way_round(family: Family) -> None:
    now = timezone.now()
    for role in ("academic", "wellbeing"):
        ended_session(family, role, now - timedelta(minutes=5))
    month = f"{timezone.localdate(now - timedelta(minutes=35)):%Y-%m}"
    path = f"children/{family.child.pk}/history/"

    def roles(who: User) -> set[str]:
        return {line["role"] for line in ask(who, path, month=month).json()["lines"]}

    assert roles(family.wellbeing.user) == {"academic", "wellbeing"}
    assert roles(family.academic.user) == {"academic"}


@pytest.mark.parametrize("month", ["2020", "2020-13", "2020-2", "0000-01", "2020-02-01", "x"])
def test_a_month_that_is_none_is_refused_only_to_those_who_may_read(family: Family, month: str) -> None:
    path = f"children/{family.child.pk}/history/"
    assert ask(family.parent, path, month=month).status_code == 400
    assert ask(family.stranger, path, month=month).status_code == 404


def test_a_wellbeing_summary_reaches_the_child_a_day_before_the_parent(family: Family) -> None:
    session = ended_session(family, "wellbeing", timezone.now())
    path = f"sessions/{session.pk}/summaries/"
    written = ask(family.wellbeing.user, path, {"body": "聊了想念。", "mood": 4})
    assert written.status_code == 201 and written.json()["version"] == 1
    one = f"summaries/{written.json()['id']}/"
    assert ask(family.child.user, one).json()["body"] == "聊了想念。"
    assert ask(family.parent, one).status_code == 404 and rows(family.parent, "summaries/") == []
    Summary.objects.update(written_at=F("written_at") - timedelta(hours=24))
    assert ask(family.parent, one).json()["mood"] == 4
    for who in (family.academic.user, family.carer, family.stranger):
        assert ask(who, one).status_code == 404 and rows(who, "summaries/") == []
    # What is written anew is the child's first again, and the old words are gone with it.
    ask(family.wellbeing.user, path, {"body": "聊了学校。"})
    assert rows(family.parent, "summaries/") == []
    assert [row["body"] for row in rows(family.child.user, "summaries/")] == ["聊了学校。"]


def test_an_academic_summary_is_read_at_once_also_by_the_wellbeing_mentor(family: Family) -> None:
    session = ended_session(family, "academic", timezone.now())
    for number in range(2):
        write_summary(actor=family.academic.user, session_id=session.pk, body=f"第{number}版")
    readers = (family.parent, family.child.user, family.academic.user, family.wellbeing.user)
    for who in (*readers, family.coordinator):
        assert [(row["version"], row["body"]) for row in rows(who, "summaries/")] == [(2, "第1版")]
    assert rows(family.parent, "summaries/", role="wellbeing") == []
    assert len(rows(family.parent, "summaries/", role="academic", child=family.child.pk)) == 1
    refused = ask(family.academic.user, f"sessions/{session.pk}/summaries/", {"body": "好", "mood": 3})
    assert refused.status_code == 400


def test_a_meeting_by_telephone_is_reported_once_and_disputed_by_the_family(family: Family) -> None:
    path = f"pairings/{family.rooms['academic'].pairing_id}/elsewhere/"
    began = (timezone.now() - timedelta(hours=2)).isoformat()
    body = {"began_at": began, "minutes": 25, "medium": "phone", "summary": "口算。"}
    report = ask(family.academic.user, path, body)
    assert report.status_code == 201
    assert ask(family.academic.user, path, body).status_code == 409
    assert ask(family.academic.user, path, {**body, "mood": 3}).status_code == 400
    assert ask(family.wellbeing.user, path, body).status_code == 404
    disputed = ask(family.parent, f"elsewhere/{report.json()['id']}/dispute/", {})
    assert disputed.json()["disputed_at"] is not None
    (line,) = ask(family.parent, f"children/{family.child.pk}/history/", month=began[:7]).json()["lines"]
    assert (line["kind"], line["minutes"], line["disputed"]) == ("elsewhere", 25, True)


def test_a_family_is_told_as_much_of_a_mentor_as_its_place_allows(family: Family) -> None:
    mentor = family.wellbeing
    mentor.vetted_until = timezone.localdate()
    mentor.save()
    gone = timezone.localdate() - timedelta(days=1)
    Certificate.objects.filter(mentor=mentor).delete()
    Certificate.objects.create(mentor=mentor, kind="国家二级心理咨询师", number="12")
    Certificate.objects.create(mentor=mentor, kind="过期的", valid_until=gone)
    path = f"mentors/{mentor.pk}/card/"
    name = {"id": mentor.pk, "name": "王老师", "roles": ["wellbeing"]}
    proofs = {"certificates": ["国家二级心理咨询师"], "vetted": True}
    assert ask(family.parent, path).json() == {**name, **proofs}
    for who in (family.child.user, family.carer):
        assert ask(who, path).json() == {**name, "certificates": None, "vetted": None}
    assert ask(family.academic.user, path).status_code == 404
    pairing = family.rooms["wellbeing"].pairing
    pairing.ended_at, pairing.end_reason = timezone.now(), "not_a_fit"
    pairing.save()
    assert ask(family.parent, path).status_code == 404


def test_a_mentor_prepares_with_the_card_and_only_the_wellbeing_one_knows_the_needs(family: Family) -> None:
    family.child.needs = "怕黑"
    family.child.save()
    path = f"children/{family.child.pk}/card/"
    academic, wellbeing = (ask(who.user, path).json() for who in (family.academic, family.wellbeing))
    assert academic["call_name"] == "沐阳" and "name" not in academic and academic["needs"] is None
    assert wellbeing == {**academic, "needs": "怕黑"} and academic["quiet"] is False
    assert ask(family.carer, path).status_code == 404
    set_quiet(actor=family.coordinator, child_id=family.child.pk, quiet=True, reason="illness")
    for who in (family.academic.user, family.wellbeing.user, family.coordinator):
        assert ask(who, path).json()["quiet"] is True
    for who in (family.parent, family.child.user):
        assert ask(who, path).json()["quiet"] is None


def test_days_of_the_programme_are_set_and_meetings_follow(family: Family) -> None:
    first = rows(family.coordinator, "meetings/", role="academic")[0]
    day = f"{timezone.localdate(Meeting.objects.get(pk=first['id']).start)}"
    assert ask(family.coordinator, "holidays/", {"day": day, "name": "元宵节"}).status_code == 201
    assert ask(family.coordinator, f"meetings/{first['id']}/").status_code == 404
    client = Client()
    client.force_login(family.coordinator)
    assert client.delete(f"/api/v1/holidays/{day}/").status_code == 204
    assert client.delete(f"/api/v1/holidays/{day}/").status_code == 404
    assert rows(family.coordinator, "meetings/", role="academic")[0]["start"] == first["start"]
    assert client.get("/api/v1/programme/").json() == {"first_day": None, "last_day": None}
    body = {"first_day": "2020-02-10", "last_day": "2020-02-01"}
    refused = client.put("/api/v1/programme/", json.dumps(body), content_type="application/json")
    assert refused.status_code == 400


def test_an_invitation_s_link_lets_the_person_in_and_is_never_a_coordinator_s(world: World) -> None:
    coordinator = world.coordinator
    made = ask(coordinator, "invitations/", {"user": world.mentor.user_id})
    secret = made.json()["link"].removeprefix("/join#")
    assert made.status_code == 201 and made.headers["Cache-Control"] == "no-store"
    assert Entry.objects.filter(action="person.invited", object_id=str(world.mentor.user_id)).exists()
    listed = ask(coordinator, "invitations/", user=world.mentor.user_id, state="open").json()
    assert secret not in json.dumps(listed) and listed["count"] == 1
    assert take_up(secret=secret, password=PASSWORD) == world.mentor.user
    assert ask(coordinator, "invitations/", user=world.mentor.user_id, state="open").json()["count"] == 0
    lead = world.people["lead"]
    assert lead is not None
    Guardianship.objects.create(child=world.child, guardian=lead, order=2)
    assert ask(coordinator, "invitations/", {"user": lead.pk}).status_code == 404
    assert ask(world.child.user, "invitations/", {"user": world.child.user_id}).status_code == 404
