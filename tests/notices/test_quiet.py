"""A family that is left in peace: one switch, with a reason, for all of its children."""

from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from backend.audit.models import Entry
from backend.errors import Invalid, NotYours
from backend.notices.access import notices_for
from backend.notices.models import Notice
from backend.rosters.models import Child, Guardianship
from backend.rosters.quiet import set_quiet
from chat.meetings import cancel_meeting
from chat.models import Meeting
from tests.chat.people import Family, add_family, at
from tests.notices.conftest import work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_yet(family: Family) -> None:
    Notice.objects.all().delete()


def cancel_one(family: Family, by: Any = None) -> None:
    meeting = Meeting.objects.filter(pairing=family.rooms["academic"].pairing).earliest("start")
    cancel_meeting(actor=by or family.academic.user, meeting_id=meeting.pk, now=at(13))


def turn(family: Family, *, quiet: bool = True, reason: str = "bereavement") -> list[Child]:
    return set_quiet(
        actor=family.coordinator,
        child_id=family.child.pk,
        quiet=quiet,
        reason=reason if quiet else "",
        now=at(14),
    )


def test_a_coordinator_and_nobody_else_turns_it_and_says_why(family) -> None:
    for other in (family.academic.user, family.parent, family.child.user, family.stranger):
        with pytest.raises(NotYours):
            set_quiet(actor=other, child_id=family.child.pk, quiet=True, reason="illness")
    with pytest.raises(Invalid):
        set_quiet(actor=family.coordinator, child_id=family.child.pk, quiet=True)
    with pytest.raises(Invalid):
        set_quiet(actor=family.coordinator, child_id=family.child.pk, quiet=True, reason="because")
    assert not Child.objects.filter(quiet_since__isnull=False).exists()
    for _ in range(2):
        set_quiet(actor=family.coordinator, child_id=family.child.pk, quiet=True, reason="illness", now=at(9))
    [entry] = Entry.objects.filter(action="family.quiet")
    assert (entry.object_id, entry.facts["reason"]) == (str(family.child.pk), "illness")
    assert Child.objects.get(pk=family.child.pk).quiet_since == at(9)
    set_quiet(actor=family.coordinator, child_id=family.child.pk, quiet=False)
    assert Child.objects.get(pk=family.child.pk).quiet_reason == ""


def test_it_holds_for_siblings_and_for_no_other_child(family) -> None:
    sibling, other = add_family(1), add_family(2)
    Guardianship.objects.create(child=sibling.child, guardian=family.parent, order=2)
    turned = set_quiet(actor=family.coordinator, child_id=sibling.child.pk, quiet=True, reason="bereavement")
    assert {each.pk for each in turned} == {family.child.pk, sibling.child.pk}
    assert Child.objects.get(pk=other.child.pk).quiet_since is None


@pytest.mark.parametrize("facts", [{"quiet_since": at(9)}, {"quiet_reason": "illness"}])
def test_the_database_keeps_the_reason_with_it(family, facts) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Child.objects.filter(pk=family.child.pk).update(**facts)


def test_nobody_at_home_is_told_and_the_mentor_still_is(family) -> None:
    turn(family)
    cancel_one(family, by=family.coordinator)
    assert {notice.person_id for notice in Notice.objects.all()} == {family.academic.user_id}


def test_what_waited_for_the_evening_does_not_go_and_is_not_shown(family) -> None:
    cancel_one(family)
    told = Notice.objects.filter(rationed=True)
    assert told.exists() and notices_for(family.parent).exists()
    turn(family)
    assert not notices_for(family.parent).exists()
    home = {family.parent.email, family.carer.email, family.child.user.email}
    assert not {to for each in work(told.latest("mail_at").mail_at) for to in each.to} & home


def test_a_letter_that_was_made_already_goes_empty_of_it(family, settings) -> None:
    from backend.notices import letters

    cancel_one(family)
    due = Notice.objects.filter(rationed=True).latest("mail_at").mail_at
    letters.gather(due)
    turn(family)
    mail.outbox.clear()
    letters.post(lambda: due)
    assert not [each for each in mail.outbox if each.to == [family.parent.email]]


def test_afterwards_the_family_is_told_of_what_is_new(family) -> None:
    turn(family, reason="own_wish")
    turn(family, quiet=False)
    cancel_one(family)
    assert notices_for(family.parent).count() == 1
