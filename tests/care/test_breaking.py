"""What somebody tries who wants an alert to vanish, to drown in others, or to promise what is not so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care import calling
from backend.care.alerts import (
    ask_for_help,
    give_back,
    pass_on,
    raise_alert,
    take_case,
    tell_those_on_duty,
)
from backend.care.calling import climb_ladders
from backend.care.cases import HasOwner, close_case, open_case
from backend.care.helping import State, card_for
from backend.care.models import Alert, Case, Note, Wake
from backend.duties import ticker
from backend.notices.models import Notice
from backend.rosters.models import Mentor
from matching.models import Pairing
from tests.care.on_duty import a_worker_lives, called, later, put_on_duty
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def counsellor(family):
    user = User.objects.create_user(name="孙老师", phone="13800000001")
    put_on_duty(user)
    return user


def test_a_second_click_and_one_more_thing_call_nobody_twice(family, counsellor, lead):
    parent, mentor, child = family.parent, family.academic.user, family.child.pk
    told = [
        tell_those_on_duty(actor=parent, child_id=child, kind="concern", words=words)
        for words in ("他不吃饭", "他不吃饭", "也不说话", "也不说话了")
    ]
    assert {alert.pk for alert in told} == {told[0].pk} and called(told[0]) == ["孙老师"]
    assert [note.body for note in Note.objects.all()] == ["也不说话", "也不说话了"]
    assert Entry.objects.filter(action="case.noted", actor_id=parent.pk).count() == 2
    # Another's worry is another's, and so is a report; a report of somebody else is another matter.
    others = [
        tell_those_on_duty(actor=mentor, child_id=child, kind="concern", words="他不吃饭"),
        tell_those_on_duty(actor=parent, child_id=child, kind="report", words="打了他", named=mentor.pk),
        tell_those_on_duty(actor=parent, child_id=child, kind="report", words="打了他"),
    ]
    assert len({alert.case_id for alert in [told[0], *others]}) == 4
    take_case(actor=counsellor, case_id=told[0].case_id)
    again = tell_those_on_duty(actor=parent, child_id=child, kind="concern", words="他走了")
    assert again != told[0] and again.case_id == told[0].case_id and again.words == "他走了"


def test_a_hundred_worries_of_one_are_one_row_and_one_call(family, counsellor):
    for number in range(100):
        tell_those_on_duty(
            actor=family.academic.user, child_id=family.child.pk, kind="concern", words=f"不放心{number}"
        )
    assert (
        Case.objects.count() == Alert.objects.count() == Wake.objects.count() == Notice.objects.count() == 1
    )


def test_in_a_flood_what_waits_longest_stands_first(family, counsellor, lead):
    first = raise_alert(actor=None, child=family.child, kind="S1", now=later(-9))
    can_wait = raise_alert(actor=None, child=family.child, kind="B1", now=later(-600))
    for _another in range(55):
        alert = raise_alert(actor=None, child=family.child, kind="S1")
        take_case(actor=lead, case_id=alert.case_id)
    newest = raise_alert(actor=None, child=family.child, kind="help")
    page = browser_of(lead).get("/duty/").content.decode()
    places = [page.index(f"/cases/{each.case_id}/") for each in (first, newest, can_wait)]
    assert places == sorted(places) and page.count("<article") == 50
    assert "还有不那么紧急的" in page


def test_one_alert_that_can_not_be_moved_holds_up_no_other(family, counsellor, lead, monkeypatch):
    broken = raise_alert(actor=None, child=family.child, kind="S1")
    sound = raise_alert(actor=None, child=family.child, kind="S2")
    works = calling.people_on

    def people_on(rung, case, now):
        if case.pk == broken.case_id:
            raise ValueError
        return works(rung, case, now)

    monkeypatch.setattr(calling, "people_on", people_on)
    assert climb_ladders(later(2.1)) == 1 and called(sound) == ["孙老师", "何静"]
    monkeypatch.undo()
    climb_ladders(later(2.1))
    assert called(broken) == ["孙老师", "何静"]


@pytest.mark.parametrize("how", ["switched off", "named by another case"])
def test_whoever_can_no_longer_look_after_it_does_not_keep_it(family, counsellor, lead, how):
    other = User.objects.create_user(name="晨老师")
    put_on_duty(other)
    alert = ask_for_help(actor=family.child.user)
    take_case(actor=counsellor, case_id=alert.case_id)
    assert give_back(later(1)) == 0
    if how == "switched off":
        User.objects.filter(pk=counsellor.pk).update(is_active=False)
        assert card_for(family.child, timezone.now()).state is not State.COMING
    else:
        open_case(actor=lead, child_id=family.child.pk, kind="abuse", named_id=counsellor.pk)
    assert give_back(later(1)) == 1 and give_back(later(1)) == 0
    case = Case.objects.get(pk=alert.case_id)
    assert case.owner is None and called(case.alerts.last()) == ["晨老师"]
    assert card_for(family.child, timezone.now()).state is State.NOBODY
    assert Entry.objects.filter(action="case.given_back").count() == 1
    assert "cases.give_back" in {duty.name for duty in ticker.registered()}


def test_what_another_looks_after_is_not_passed_on_or_closed_behind_their_back(family, counsellor, lead):
    other = User.objects.create_user(name="晨老师")
    put_on_duty(other)
    alert = ask_for_help(actor=family.child.user)
    take_case(actor=counsellor, case_id=alert.case_id)
    page = f"/cases/{alert.case_id}/"
    for act in (
        lambda actor: pass_on(actor=actor, case_id=alert.case_id, note="我不管了"),
        lambda actor: close_case(actor=actor, case_id=alert.case_id, outcome="unfounded"),
    ):
        with pytest.raises(HasOwner):
            act(other)
    shown = browser_of(other).get(page).content.decode()
    assert "孙老师" in shown and f"{page}close/" not in shown and f"{page}pass-on/" not in shown
    assert f"{page}close/" in browser_of(counsellor).get(page).content.decode()
    pass_on(actor=lead, case_id=alert.case_id, note="老师没有接电话，我来")
    take_case(actor=lead, case_id=alert.case_id)
    assert close_case(actor=lead, case_id=alert.case_id, outcome="settled").owner == lead


def test_no_card_promises_a_call_that_nobody_makes(family, counsellor, lead, settings):
    """The pager is set, and the worker that uses it is dead."""
    child, now = family.child, timezone.now()
    settings.PAGER_URL = "http://127.0.0.1:9/"
    User.objects.filter(pk=lead.pk).update(phone="13800000002")
    alert = ask_for_help(actor=child.user, now=now)
    assert card_for(child, now).state is State.NOBODY
    a_worker_lives(now)
    assert card_for(child, now).state is State.CALLED
    assert card_for(child, now + 1.1 * MINUTE).state is State.NOBODY
    # It rang, and died: nobody calls the next one.
    alert.wakes.update(sent_at=now)
    assert card_for(child, now + 2 * MINUTE).state is State.CALLED
    assert card_for(child, now + 3.1 * MINUTE).state is State.NOBODY


def test_a_lead_whose_pupil_the_child_is_hears_of_a_report_only_where_there_is_no_other(
    family, lead, second_lead
):
    put_on_duty(lead, "lead")
    Mentor.objects.filter(pk=family.academic.pk).update(user=lead)
    assert Pairing.objects.live().filter(child=family.child, mentor__user=lead).exists()
    alert = raise_alert(actor=family.child.user, child=family.child, kind="report", words="老师让我保密")
    climb_ladders(later(10))
    assert called(alert) == ["许岚"]
    User.objects.filter(pk=second_lead.pk).update(is_active=False)
    alone = raise_alert(actor=None, child=family.child, kind="A1")
    climb_ladders(later(10))
    assert called(alone) == ["何静"]
