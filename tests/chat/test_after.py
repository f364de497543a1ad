"""After publishing: who needs a person today, a pair ended with a reason, a mentor who is ill."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from backend.errors import Conflict, Invalid, NotYours
from backend.notices.models import Notice
from backend.rosters import people
from backend.rosters.models import Child, Mentor
from chat.absence import mentor_is_back, mentor_is_ill
from chat.attention import Need, counts_of_need, pairs_in_need
from chat.models import Elsewhere, Event, Meeting, Room, Session
from chat.planning import plan_meetings
from matching.ending import end_pairing
from matching.models import Lock, Pairing, Round
from matching.publishing import publish_round
from matching.rounds import start_round
from tests.matching.conftest import coordinator, imported
from tests.matching.test_steps import solved

__all__ = ["coordinator", "imported"]  # fixtures

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def pairs(imported: User) -> list[Pairing]:
    """Published forty days ago; nothing has happened since."""
    round_ = solved(start_round(actor=imported))
    publish_round(actor=imported, round_id=round_.pk, version=round_.version, now=NOW - timedelta(days=40))
    Pairing.objects.update(answer="suits", answered_at=NOW - timedelta(days=39))
    return list(Pairing.objects.live().order_by("pk"))


def met(pairing: Pairing, days_ago: float, *, summary: bool = False, together: int = 600) -> Session:
    began = NOW - timedelta(days=days_ago)
    end = began + timedelta(minutes=30)
    times = {"mentor_s": together, "child_s": together, "both_s": together}
    return Session.objects.create(
        room=pairing.room,
        opened_at=began,
        active_at=began,
        ended_at=end,
        decided_at=end,
        settled_at=end,
        why="mentor",
        **times,
    )


def meeting(pairing: Pairing, days_ago: float, state: str, by: str = "") -> Meeting:
    start = NOW - timedelta(days=days_ago)
    judged = {"judged_at": start + timedelta(hours=2)} if state in ("held", "missed", "void") else {}
    return Meeting.objects.create(
        pairing=pairing,
        child_id=pairing.child_id,
        mentor_id=pairing.mentor_id,
        planned_start=start,
        start=start,
        state=state,
        missed_by=by,
        **judged,
    )


def of(actor: User, need: Need) -> set[int]:
    return {pairing.pk for pairing in pairs_in_need(actor=actor, need=need, now=NOW)}


def test_each_list_has_whom_it_names_and_nobody_else(imported: User, pairs: list[Pairing]) -> None:
    everybody = {pairing.pk for pairing in pairs}
    assert of(imported, Need.FIRST) == everybody and not of(imported, Need.SILENT)
    never, glance, old, wrote, called, fresh, missed, made_up, late = pairs[:9]
    met(glance, 3, together=120)  # too short to have met
    met(old, 20)
    met(wrote, 20)
    Event.objects.create(
        room=wrote.room, s=1, kind="msg", sender="child", cid="0" * 32, body="词", at=NOW - timedelta(days=2)
    )
    Elsewhere.objects.create(
        room=called.room,
        medium="phone",
        began_at=NOW - timedelta(days=3),
        minutes=10,
        recorded_by=imported,
        recorded_at=NOW,
    )
    for pairing in pairs[5:]:
        met(pairing, 5)
    meeting(missed, 2, "missed", "child")
    meeting(made_up, 6, "missed", "mentor")  # they met after it
    meeting(late, 1.5, "held")
    Pairing.objects.filter(pk=fresh.pk).update(answer="does_not")
    assert of(imported, Need.FIRST) == {never.pk, glance.pk}
    assert of(imported, Need.SILENT) == {old.pk}
    assert of(imported, Need.MISSED) == {missed.pk}
    assert of(imported, Need.SUMMARIES) == {late.pk}
    assert of(imported, Need.HOURS) == {fresh.pk}
    row = pairs_in_need(actor=imported, need=Need.MISSED, now=NOW).get()
    assert row.missed_by == "child" and row.since == NOW - timedelta(days=2)
    assert pairs_in_need(actor=imported, need=Need.SILENT, now=NOW).get().since == NOW - timedelta(days=20)
    # Neither their own family nor anybody who is no coordinator.
    never.child.guardianships.update(guardian=imported)
    assert of(imported, Need.FIRST) == {glance.pk} - {
        each.pk for each in pairs if each.child_id == never.child_id
    }
    with pytest.raises(NotYours):
        of(User.objects.create_user(name="路人"), Need.FIRST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        counts = counts_of_need(actor=imported, now=NOW)
    assert len(few) == len(Need) and counts["silent"] == 1


def test_a_pair_ends_with_a_reason_once_and_never_again_holds(imported: User, pairs: list[Pairing]) -> None:
    one, other = pairs[0], pairs[1]
    Notice.objects.all().delete()
    with pytest.raises(Invalid):
        end_pairing(actor=imported, pairing_id=one.pk, reason="rematched")
    end_pairing(actor=imported, pairing_id=one.pk, reason="not_a_fit", never_again=True)
    one.refresh_from_db()
    assert one.ended_at and one.end_reason == "not_a_fit"
    assert Room.objects.get(pairing=one).ended
    assert not Meeting.objects.to_come().filter(pairing=one, start__gt=NOW).exists()
    assert {n.kind for n in Notice.objects.all()} == {"pairing_ended"}
    assert not any("not_a_fit" in str(n.facts) for n in Notice.objects.all())
    lock = Lock.objects.get()
    assert (lock.kind, lock.child_id, lock.mentor_id, lock.role) == (
        "forbid",
        one.child_id,
        one.mentor_id,
        "",
    )
    with pytest.raises(NotYours):
        end_pairing(actor=imported, pairing_id=one.pk, reason="finished")
    anew = solved(start_round(actor=imported))
    assert not anew.proposals.filter(child=one.child, mentor=one.mentor).exists()
    # The mentor may, for two of the reasons, and forbids nobody.
    mentor = other.mentor.user
    with pytest.raises(Invalid):
        end_pairing(actor=mentor, pairing_id=other.pk, reason="finished")
    foreign = next(each for each in pairs if each.mentor_id != other.mentor_id)
    with pytest.raises(NotYours):
        end_pairing(actor=mentor, pairing_id=foreign.pk, reason="not_a_fit")
    with pytest.raises(NotYours):
        end_pairing(actor=mentor, pairing_id=other.pk, reason="not_a_fit", never_again=True)


def check_all_comes_back_with_the_mentor(
    coordinator: User, mentor: Mentor, cancelled: set[int], until: date
) -> None:
    """Whoever ends the pause; but where the pair, its hour or the hour of that day is no longer what it was."""
    absent = Meeting.objects.filter(pk__in=cancelled).select_related("pairing").order_by("start")
    assert all(meeting.for_absence for meeting in absent)
    over, moved, taken, *others = absent
    # A week has its first day twice: the two whose pair ends or moves may meet once more in it.
    others = [each for each in others if each.pairing_id not in (over.pairing_id, moved.pairing_id)]
    Pairing.objects.filter(pk=over.pairing_id).update(ended_at=NOW, end_reason="finished")
    Pairing.objects.filter(pk=moved.pairing_id).update(slot=3)
    elsewhere = (
        Meeting.objects.to_come()
        .exclude(mentor=mentor)
        .exclude(mentor__meetings__start=taken.start)
        .filter(start__gt=NOW)
        .first()
    )
    Meeting.objects.filter(pk=elsewhere.pk).update(
        child=taken.child_id, start=taken.start, state="moved", changed_at=NOW
    )
    Notice.objects.all().delete()
    assert mentor_is_back(actor=coordinator, mentor_id=mentor.pk, now=NOW) == len(others) > 2
    states = dict(Meeting.objects.filter(pk__in=cancelled).values_list("pk", "state"))
    assert {pk for pk, state in states.items() if state == "planned"} == {each.pk for each in others}
    assert Notice.objects.filter(kind="meeting_on_again", audience="mentor").count() == len(others)
    assert not Mentor.objects.get(pk=mentor.pk).paused
    assert mentor_is_back(actor=coordinator, mentor_id=mentor.pk, now=NOW) == 0
    # Back to where it was: the rest of the story goes on with the mentor away.
    Pairing.objects.filter(pk=over.pairing_id).update(ended_at=None, end_reason="")
    Pairing.objects.filter(pk=moved.pairing_id).update(slot=moved.pairing.slot)
    mentor_is_ill(actor=coordinator, mentor_id=mentor.pk, until=until)
    people.set_paused(actor=coordinator, mentor_id=mentor.pk, paused=True)
    people.set_paused(actor=mentor.user, mentor_id=mentor.pk, paused=False)
    assert Meeting.objects.filter(pk__in=[each.pk for each in others], state="planned").count() == len(others)
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=others[0].pk).update(for_absence=True)
    people.set_paused(actor=coordinator, mentor_id=mentor.pk, paused=True)


def test_a_mentor_who_is_ill_is_away_until_a_day_and_their_children_are_matched_anew(
    imported: User, pairs: list[Pairing]
) -> None:
    plan_meetings(now=NOW)
    mentor = pairs[-1].mentor if pairs[-1].role == "wellbeing" else pairs[-2].mentor
    theirs = set(mentor.pairings.live().values_list("child", flat=True))
    assert len(theirs) > 5
    until = timezone.localdate(NOW + timedelta(days=7))
    ahead = Meeting.objects.to_come().filter(mentor=mentor, start__gt=NOW)
    within = {m.pk for m in ahead if timezone.localdate(m.start) <= until}
    later = {m.pk for m in ahead} - within
    others = set(Meeting.objects.to_come().exclude(mentor=mentor).values_list("pk", flat=True))
    Notice.objects.all().delete()
    with pytest.raises(Invalid):
        mentor_is_ill(actor=imported, mentor_id=mentor.pk, until=until + timedelta(days=60), now=NOW)
    done = mentor_is_ill(actor=imported, mentor_id=mentor.pk, until=until, anew=True, now=NOW)
    assert done.cancelled == len(within) > 5
    states = dict(Meeting.objects.values_list("pk", "state"))
    assert {states[pk] for pk in within} == {"cancelled"} and {states[pk] for pk in later} == {"planned"}
    assert all(states[pk] == "planned" for pk in others)
    told = Notice.objects.filter(kind="meeting_cancelled", audience="mentor")
    assert told.count() == len(within)
    assert set(done.round.chosen.values_list("pk", flat=True)) == theirs
    mentor.refresh_from_db()
    assert mentor.paused and Pairing.objects.live().count() == len(pairs)
    check_all_comes_back_with_the_mentor(imported, mentor, within, until)
    round_ = solved(done.round)
    outside = set(Pairing.objects.live().exclude(child__in=theirs).values_list("pk", flat=True))
    other_role = set(
        Pairing.objects.live().filter(child__in=theirs).exclude(mentor=mentor).values_list("pk", flat=True)
    )
    publish_round(actor=imported, round_id=round_.pk, version=round_.version)
    live = set(Pairing.objects.live().values_list("pk", flat=True))
    assert outside <= live
    # The other mentor of one of them may have to change, where else a child would have only one.
    assert len(other_role - live) <= 2 < len(other_role)
    assert not Pairing.objects.live().filter(mentor=mentor).exists()
    with pytest.raises(NotYours):
        mentor_is_ill(actor=mentor.user, mentor_id=mentor.pk, until=until, now=NOW)
    assert Child.objects.count() == 30 and Round.objects.count() == 2
    with pytest.raises((Conflict, Invalid)):
        mentor_is_ill(actor=imported, mentor_id=mentor.pk, until=until, anew=True, now=NOW)
