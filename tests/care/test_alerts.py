"""An alert calls the right people, climbs until somebody answers, and is never lost on the way."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care import calling
from backend.care.access import access_case, cases_for
from backend.care.alerts import (
    HasOwner,
    NobodyNext,
    add_note,
    ask_for_help,
    judge_alert,
    pass_on,
    raise_alert,
    take_case,
    tell_those_on_duty,
)
from backend.care.calling import climb_ladders
from backend.care.cases import CaseClosed, StillWaits, close_case
from backend.care.helping import State, card_for, standing_alerts, without_anybody
from backend.care.models import Alert, Case, Note, Shift, Wake, Watch
from backend.care.rota import keep_watch
from backend.errors import Invalid, NotYours
from backend.notices.models import Notice
from backend.rosters.models import Guardianship
from tests.care.on_duty import MINUTE, a_worker_lives, called, later, put_on_duty

pytestmark = pytest.mark.django_db


def test_a_child_s_alert_its_case_its_log_and_its_call_are_one(family, counsellor, monkeypatch):
    alert = ask_for_help(actor=family.child.user)
    assert (alert.case.kind, alert.kind, called(alert)) == ("help", "help", ["孙老师"])
    assert alert.case.due_at == alert.raised_at + timedelta(minutes=30)
    assert Notice.objects.get().person == counsellor and Notice.objects.get().facts == {}
    assert Entry.objects.filter(action="alert.raised", object_id=str(alert.case.pk)).exists()
    for broken in ("alerts.audit.record", "calling.tell", "alerts.climb"):
        with monkeypatch.context() as patch:
            patch.setattr(f"backend.care.{broken}", _fail)
            with pytest.raises(RuntimeError):
                raise_alert(actor=None, child=family.child, kind="S1")
        assert Alert.objects.count() == Case.objects.count() == Notice.objects.count() == 1


def _fail(*_args, **_facts):
    raise RuntimeError


def test_asked_twice_it_is_one_alert_and_a_second_one_when_the_first_was_answered(family, counsellor):
    first = ask_for_help(actor=family.child.user)
    assert ask_for_help(actor=family.child.user) == first
    take_case(actor=counsellor, case_id=first.case_id)
    again = ask_for_help(actor=family.child.user)
    assert again != first and again.case_id == first.case_id and called(again) == ["孙老师"]


def test_the_ladder_by_the_clock_and_across_a_restart(family, counsellor, lead, second_lead):
    put_on_duty(second_lead, "lead")
    alert = ask_for_help(actor=family.child.user)
    start = alert.raised_at
    seen = {}
    for second in range(0, 600, 5):
        climb_ladders(start + timedelta(seconds=second))
        for name in called(alert):
            seen.setdefault(name, second)
    # 甲 is the coordinator; the lead on call comes before the other one.
    assert seen == {"孙老师": 0, "许岚": 120, "何静": 240, "甲": 360}
    alert.refresh_from_db()
    assert alert.exhausted_at == start + 8 * MINUTE and alert.climbs_at is None
    # Another child's, while the worker was away for five minutes: whoever should know by then does at once.
    other = raise_alert(actor=None, child=family.child, kind="S2", now=start)
    climb_ladders(start + 5 * MINUTE)
    assert called(other) == ["孙老师", "许岚", "何静"]
    climb_ladders(start + 5 * MINUTE)
    assert called(other) == ["孙老师", "许岚", "何静"]


def test_who_answers_stops_the_ladder_and_only_one_does(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    climb_ladders(later(2.1))
    assert called(alert) == ["孙老师", "何静"]
    take_case(actor=counsellor, case_id=alert.case_id)
    with pytest.raises(HasOwner, match="孙老师"):
        take_case(actor=lead, case_id=alert.case_id)
    assert take_case(actor=counsellor, case_id=alert.case_id).owner == counsellor
    climb_ladders(later(60))
    assert called(alert) == ["孙老师", "何静"]


def test_it_is_passed_on_with_a_note_and_the_next_one_is_called_at_once(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    take_case(actor=counsellor, case_id=alert.case_id)
    with pytest.raises(Invalid):
        pass_on(actor=counsellor, case_id=alert.case_id, note=" ")
    pass_on(actor=counsellor, case_id=alert.case_id, note="我要去上课，孩子在等电话")
    case = Case.objects.get()
    assert case.owner is None and called(alert) == ["孙老师", "何静"]
    pass_on(actor=counsellor, case_id=alert.case_id, note="我要去上课，孩子在等电话")  # the answer was lost
    assert called(alert) == ["孙老师", "何静"]
    take_case(actor=lead, case_id=case.pk)
    pass_on(actor=lead, case_id=case.pk, note="请协调员打电话")
    assert called(alert)[2:] == ["甲"]
    with pytest.raises(NobodyNext):
        pass_on(actor=lead, case_id=case.pk, note="还有谁")
    assert [note.kind for note in Note.objects.all()] == ["taken", "passed_on", "taken", "passed_on"]


def test_the_log_of_a_case_grows_until_it_is_closed(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    add_note(actor=counsellor, case_id=alert.case_id, kind="call", body="给奶奶打了电话，孩子在家")
    with pytest.raises(Invalid):
        add_note(actor=counsellor, case_id=alert.case_id, kind="rumour", body="两个字")
    with pytest.raises(StillWaits):
        close_case(actor=counsellor, case_id=alert.case_id, outcome="settled")
    take_case(actor=counsellor, case_id=alert.case_id)
    again = ask_for_help(actor=family.child.user)  # in the moment before it is closed
    assert again.case_id == alert.case_id
    with pytest.raises(StillWaits):
        close_case(actor=counsellor, case_id=alert.case_id, outcome="settled")
    take_case(actor=counsellor, case_id=alert.case_id)
    close_case(actor=counsellor, case_id=alert.case_id, outcome="settled")
    with pytest.raises(NotYours):  # what is closed is the leads'
        access_case(counsellor, alert.case_id)
    with pytest.raises(CaseClosed):
        add_note(actor=lead, case_id=alert.case_id, kind="note", body="两个字")
    assert Alert.objects.standing().count() == 0 and climb_ladders(later(10)) == 0
    judge_alert(actor=lead, case_id=alert.case_id, alert_id=alert.pk, verdict="true")
    with pytest.raises(NotYours):
        judge_alert(actor=family.coordinator, case_id=alert.case_id, alert_id=alert.pk, verdict="false")
    assert Alert.objects.earliest("pk").verdict == "true"
    # Whoever asks while it is being closed is asked after in a new one.
    late = raise_alert(actor=None, child=family.child, kind="help", case=alert.case)
    assert late.case_id != alert.case_id and called(late) == ["孙老师"]


def test_only_who_was_called_gets_at_the_case(family, counsellor, lead):
    idle = User.objects.create_user(name="不值班")
    alert = ask_for_help(actor=family.child.user)
    assert list(cases_for(counsellor)) == [alert.case] == list(cases_for(lead))
    people = (idle, family.coordinator, family.parent, family.carer, family.child.user, family.wellbeing.user)
    for other in people:
        assert not cases_for(other).exists()
        for act in (take_case, pass_on, add_note):
            more = {pass_on: {"note": "两个字"}, add_note: {"kind": "note", "body": "两个字"}}.get(act, {})
            with pytest.raises(NotYours):
                act(actor=other, case_id=alert.case_id, **more)


@pytest.mark.parametrize("kind", ["S1", "S2", "S3", "H1", "A1", "A2", "B1", "F1", "help", "concern"])
def test_the_kind_decides_who_is_told_first(family, counsellor, lead, kind):
    alert = raise_alert(actor=None, child=family.child, kind=kind)
    expected = {"A1": {"何静"}, "A2": {"何静"}, "B1": {"王老师"}, "F1": {"王老师"}}
    both = {key: {"王老师", "孙老师"} for key in ("S3", "H1")}
    assert set(called(alert)) == (expected | both).get(kind, {"孙老师"})
    assert alert.case.is_sealed == (kind in ("A1", "A2"))


def test_whom_a_report_names_is_passed_over_on_every_rung(family, lead, second_lead):
    """The named mentor is on duty, and the named parent a lead."""
    put_on_duty(family.wellbeing.user)
    tell_those_on_duty(
        actor=family.child.user, child_id=family.child.pk, kind="report", named=family.wellbeing.user.pk
    )
    # From now on not for anything else about this child either.
    other = raise_alert(actor=None, child=family.child, kind="S3")
    for minutes in range(0, 12, 2):
        climb_ladders(later(minutes))
    assert {wake.person.name for wake in Wake.objects.all()} == {"何静", "许岚", "甲"}
    assert "王老师" not in called(other) and not Notice.objects.filter(person=family.wellbeing.user).exists()
    User.objects.filter(pk=family.parent.pk).update(is_coordinator=True, is_safeguarding_lead=True)
    family.parent.refresh_from_db()
    put_on_duty(family.parent, "lead")
    third = raise_alert(actor=None, child=family.child, kind="A1")
    for minutes in range(0, 12, 2):
        climb_ladders(later(minutes))
    assert set(called(third)) == {"何静", "许岚"}
    assert standing_alerts(family.parent) == [] and len(standing_alerts(lead)) == 3


def test_what_is_sealed_climbs_to_leads_only(family, counsellor, lead, second_lead):
    alert = raise_alert(actor=None, child=family.child, kind="A1")
    for minutes in range(0, 12, 2):
        climb_ladders(later(minutes))
    assert called(alert) == ["何静", "许岚"]


def test_who_may_tell_what(family, lead):
    tells = {"kind": "concern", "words": "他今天一直没说话", "child_id": family.child.pk}
    for actor in (family.academic.user, family.wellbeing.user, family.parent, family.child.user):
        assert tell_those_on_duty(actor=actor, **tells).raised_by == actor
    for actor in (family.carer, family.stranger, family.coordinator, lead):
        with pytest.raises(NotYours):
            tell_those_on_duty(actor=actor, **tells)
    for actor in (family.academic.user, family.parent, family.stranger):
        with pytest.raises(NotYours):
            ask_for_help(actor=actor)
    with pytest.raises(Invalid):
        tell_those_on_duty(actor=family.parent, **tells | {"words": " "})
    with pytest.raises(Invalid):  # nobody of this child's people
        tell_those_on_duty(actor=family.parent, **tells | {"kind": "report", "named": family.stranger.pk})


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("an_alert_is_of_a_known_kind", {"kind": "rumour"}),
        ("an_alert_names_a_message_or_none", {"s": 3}),
        ("an_answered_alert_says_by_whom_and_climbs_no_more", {"answered_at": "now"}),
        (
            "an_answered_alert_says_by_whom_and_climbs_no_more",
            {"answered_at": "now", "climbs_at": "now", "by": 1},
        ),
        ("at_its_end_a_ladder_climbs_no_more", {"exhausted_at": "now", "climbs_at": "now"}),
        ("a_verdict_is_somebody_s", {"verdict": "true"}),
    ],
)
def test_the_database_refuses_half_an_alert(family, lead, name, fields):
    now = timezone.now()
    given = {key: now if value == "now" else value for key, value in fields.items()}
    if given.pop("by", None):
        given["answered_by"] = lead
    case = Case.objects.create(child=family.child, kind="other", opened_at=now)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Alert.objects.create(**{"case": case, "kind": "help", "raised_at": now} | given)


def test_the_child_is_told_the_truth(family, counsellor, lead, settings):
    child, now = family.child, timezone.now()
    assert card_for(child, now).state is State.NOTHING
    alert = ask_for_help(actor=child.user)
    # On the rota, but nobody at the screen and no way to wake anybody.
    assert card_for(child, now).state is State.NOBODY
    keep_watch(actor=counsellor, now=now)
    assert (card_for(child, now).state, card_for(child, now).who) == (State.CALLED, "孙老师")
    assert card_for(child, now + MINUTE).state is State.NOBODY
    keep_watch(actor=counsellor, now=now + 5 * MINUTE)
    assert card_for(child, now + 4.9 * MINUTE).state is State.CALLED
    assert card_for(child, now + 5.1 * MINUTE).state is State.LATE
    Watch.objects.all().delete()
    settings.PAGER_URL = "http://127.0.0.1:9/"
    assert card_for(child, now + MINUTE).state is State.NOBODY  # no coordinator has a telephone
    User.objects.filter(pk=lead.pk).update(phone="13800000002")
    a_worker_lives(now + MINUTE)
    assert card_for(child, now + MINUTE).state is State.CALLED
    Wake.objects.update(last_error="URLError", attempts=1)
    assert card_for(child, now + MINUTE).state is State.NOBODY
    take_case(actor=counsellor, case_id=alert.case_id)
    assert (card_for(child, now).state, card_for(child, now).who) == (State.COMING, "孙老师")


def test_at_the_end_of_the_ladder_the_child_is_told_so(family, counsellor):
    alert = ask_for_help(actor=family.child.user)
    climb_ladders(later(30))
    alert.refresh_from_db()
    assert alert.exhausted_at is not None
    keep_watch(actor=counsellor, now=timezone.now())
    assert card_for(family.child, timezone.now()).state is State.NOBODY
    # And whoever asks again is asked for again.
    assert ask_for_help(actor=family.child.user) != alert


def test_whoever_comes_on_duty_finds_what_still_waits(family, lead):
    """Asked at two in the morning, seen at eight: by whose shift it is, not only by those who were called at night."""
    now, child = timezone.now(), family.child
    asked = [raise_alert(actor=None, child=child, kind=kind, now=now) for kind in ("help", "S3", "A1", "B1")]
    climb_ladders(later(30))
    morning = User.objects.create_user(name="晨老师")
    climb_ladders(later(299))
    assert not Wake.objects.filter(person=morning).exists()
    Shift.objects.create(person=morning, post="counsellor", begins_at=later(300), ends_at=later(600))
    assert climb_ladders(later(300)) == 2
    # What is the leads' alone stays theirs, and what waits for the mentor is not on that rung yet.
    assert {wake.alert.kind for wake in Wake.objects.filter(person=morning)} == {"help", "S3"}
    assert set(cases_for(morning)) == {asked[0].case, asked[1].case}
    assert card_for(child, later(300)).state is State.NOBODY  # not at the screen yet
    keep_watch(actor=morning, now=later(300))
    assert (card_for(child, later(300)).state, card_for(child, later(300)).who) == (State.CALLED, "晨老师")
    assert climb_ladders(later(301)) == 0
    climb_ladders(later(303))
    assert card_for(child, later(300)).state is State.NOBODY
    take_case(actor=morning, case_id=asked[0].case_id, now=later(304))
    late = User.objects.create_user(name="晚老师")
    Shift.objects.create(person=late, post="counsellor", begins_at=later(304), ends_at=later(600))
    climb_ladders(later(305))
    assert {wake.alert.kind for wake in Wake.objects.filter(person=late)} == {"S3"}


def test_where_every_lead_is_close_the_coordinators_are_told_that_and_nothing_more(family, lead, counsellor):
    Guardianship.objects.create(child=family.child, guardian=lead, order=2)
    User.objects.filter(pk=family.wellbeing.user.pk).update(is_coordinator=True)
    family.wellbeing.user.refresh_from_db()
    named = tell_those_on_duty(
        actor=family.child.user, child_id=family.child.pk, kind="report", named=family.wellbeing.user.pk
    )
    assert called(named) == [] and not cases_for(lead).exists()
    told = Notice.objects.get(kind="case_without_anybody")
    assert told.person == family.coordinator and told.facts == {} and told.child is None
    assert without_anybody(family.coordinator) == 1
    # Neither whom it names, nor a lead of the family, learns that there is one.
    assert without_anybody(family.wellbeing.user) == 0 == without_anybody(lead)
    Alert.objects.all().delete()
    Case.objects.all().delete()
    ask_for_help(actor=family.child.user)  # a counsellor was called for this one
    assert without_anybody(family.coordinator) == 0
    raise_alert(actor=None, child=family.child, kind="A1")
    assert without_anybody(family.coordinator) == 1
    # Who is made a lead finds it, and is called.
    other = User.objects.create_user(name="许岚", is_coordinator=True, is_safeguarding_lead=True)
    assert without_anybody(family.coordinator) == 0
    climb_ladders(later(1))
    assert [wake.person for wake in Wake.objects.filter(alert__kind="A1")] == [other]


def test_the_watch_is_written_seldom(counsellor):
    now = timezone.now()
    for second in range(14):
        keep_watch(actor=counsellor, now=now + timedelta(seconds=second))
    assert Watch.objects.get().seen_at == now
    keep_watch(actor=counsellor, now=now + timedelta(seconds=16))
    assert Watch.objects.get().seen_at == now + timedelta(seconds=16)


def test_two_workers_climb_once(family, counsellor, lead, monkeypatch):
    alert = ask_for_help(actor=family.child.user)
    now = later(3)
    first = Alert.objects.standing().filter(climbs_at__lte=now)
    assert [each.pk for each in first] == [alert.pk]
    assert climb_ladders(now) == 1 and not calling._climb_one(alert.pk, now)
    assert called(alert) == ["孙老师", "何静"] and connection.in_atomic_block
