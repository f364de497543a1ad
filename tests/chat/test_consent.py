"""Consent withdrawn, and what follows that very moment: pairings, rooms, cases, the other guardian."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care.models import Case
from backend.errors import Invalid, NotYours
from backend.notices.access import notices_for
from backend.notices.kinds import Audience, Kind
from backend.notices.models import Notice
from backend.notices.outbox import News, tell
from backend.rosters import consent
from backend.rosters.access import child_relations
from backend.rosters.family import families_of
from backend.rosters.guardians import set_guardian_status
from backend.rosters.models import Carer, Child, Consent, Guardianship
from chat import gates
from chat.access import RoomEnded, RoomFrozen, access_room, children_of_family, meetings_for
from chat.models import Meeting, Room
from chat.pages import page_of
from matching.models import Pairing
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db
CHILDREN = Child.objects


@pytest.fixture(autouse=True)
def _hosts(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def family():
    """The child is ten."""
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def of_age(family, years: int) -> None:
    today = timezone.localdate()
    family.child.birth_date = date(today.year - years, today.month, today.day)
    family.child.save()


def second_parent(family, status="active") -> User:
    user = User.objects.create_user(name="林爸爸")
    reason = "" if status == "active" else "court"
    Guardianship.objects.create(
        child=family.child, guardian=user, order=2, status=status, status_reason=reason
    )
    return user


def everything_ended() -> bool:
    pairings = list(Pairing.objects.values_list("ended_at", "end_reason"))
    rooms = list(Room.objects.values_list("ended_at", flat=True))
    return pairings == [(at(12), "consent_withdrawn")] * 2 and rooms == [at(12)] * 2


def test_the_only_guardian_withdraws_and_both_pairings_end_that_moment(family):
    assert consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    assert everything_ended()
    stands = Consent.objects.get()
    assert (stands.withdrawn_on, stands.withdrawn_by) == (date(2020, 2, 17), family.parent)
    assert not CHILDREN.publishable().exists()
    assert not Meeting.objects.to_come().exists()
    for room in family.rooms.values():
        assert access_room(family.child.user, room.pk).pk == room.pk, "read-only, not gone"
        with pytest.raises(RoomEnded):
            access_room(family.child.user, room.pk, "enter")
    assert [row.action for row in Entry.objects.exclude(action__startswith="room.")] == [
        "consent.withdrawn",
        "pairing.ended",
        "pairing.ended",
    ]
    assert not Case.objects.exists()
    assert page_of(actor=family.child.user, room_id=family.rooms["academic"].pk)["results"] == []


def test_one_of_two_withdraws_and_only_the_sharing_with_that_one_stops(family):
    father = second_parent(family)
    assert not consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    assert Pairing.objects.live().count() == 2 and CHILDREN.publishable().exists()
    assert children_of_family(family.parent) == [] and children_of_family(father) == [family.child]
    case = Case.objects.get()
    assert (case.kind, case.due_at) == ("consent_withdrawn", at(12) + timedelta(hours=24))
    assert case.child == family.child and case.opened_by == family.parent
    for room in family.rooms.values():
        access_room(family.child.user, room.pk, "enter")
    link = Guardianship.objects.get(guardian=family.parent)
    assert (link.status, link.withdrew_at) == ("suspended", at(12))
    # The second one is then the only one.
    assert consent.withdraw_consent(actor=father, child_id=family.child.pk)
    assert everything_ended()


@pytest.mark.parametrize("status", ["limited", "suspended"])
def test_a_guardian_who_may_not_know_everything_carries_no_consent(family, status):
    other = second_parent(family, status)
    for ask in (consent.withdraw_consent, consent.give_consent):
        with pytest.raises(NotYours):
            ask(actor=other, child_id=family.child.pk)
    assert consent.withdraw_consent(actor=family.parent, child_id=family.child.pk), "the only one"
    assert everything_ended()


@pytest.mark.parametrize("who", ["child", "academic", "wellbeing", "carer", "stranger", "coordinator"])
def test_nobody_else_withdraws_or_gives(family, who):
    user = getattr(family, who)
    user = user if isinstance(user, User) else user.user
    for ask in (consent.withdraw_consent, consent.give_consent):
        with pytest.raises(NotYours):
            ask(actor=user, child_id=family.child.pk)
    with pytest.raises(NotYours):
        consent.withdraw_consent(actor=family.parent, child_id=987_654)
    assert Consent.objects.filter(withdrawn_on=None).count() == 1


def test_consent_is_given_online_and_again(family):
    consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    with pytest.raises(consent.NoConsent):
        consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    consent.give_consent(actor=family.parent, child_id=family.child.pk)
    stands = Consent.objects.get(withdrawn_on=None)
    assert (stands.source, stands.guardian, stands.given_on) == ("online", family.parent, date(2020, 2, 17))
    assert CHILDREN.publishable().exists() and not Pairing.objects.live().exists()
    with pytest.raises(consent.ConsentStands):
        consent.give_consent(actor=family.parent, child_id=family.child.pk)


def test_whoever_withdrew_alone_finds_the_way_back_and_nothing_else(family):
    second_parent(family)
    consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    state = consent.consent_of(actor=family.parent, child_id=family.child.pk)
    assert state.you_withdrew and state.may_give and not state.may_withdraw
    assert state.given_on is None, "how the other goes on is not told"
    consent.give_consent(actor=family.parent, child_id=family.child.pk)
    assert children_of_family(family.parent) == [family.child]
    assert Guardianship.objects.get(guardian=family.parent).withdrew_at is None


def test_nor_what_the_child_did_nor_how_the_other_one_goes_on(family):
    other = second_parent(family)
    link = Guardianship.objects.filter(guardian=other)

    def told(user):
        return consent.consent_of(actor=user, child_id=family.child.pk)

    consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    before = told(family.parent)
    Child.objects.filter(pk=family.child.pk).update(stopped_at=at(11))
    link.update(status="limited", status_reason="family")
    after = told(family.parent)
    assert after == replace(before, child=after.child) and not after.stopped and not after.is_last
    assert told(family.coordinator).stopped
    link.update(status="active", status_reason="")
    state = told(other)
    assert state.stopped and state.may_withdraw and state.is_last, "the one who can act is told what it does"


def test_but_not_past_a_coordinator_s_decision(family):
    second_parent(family)
    consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    link = Guardianship.objects.get(guardian=family.parent)
    set_guardian_status(actor=family.coordinator, link_id=link.pk, status="suspended", reason="court")
    for ask in (consent.give_consent, consent.consent_of):
        with pytest.raises(NotYours):
            ask(actor=family.parent, child_id=family.child.pk)


@pytest.mark.parametrize("years", [14, 17, 18])
def test_a_child_from_14_ends_it_itself_and_only_it_comes_back(family, years):
    of_age(family, years)
    child = family.child.user
    assert consent.stop_taking_part(actor=child, child_id=family.child.pk)
    assert everything_ended() and not CHILDREN.publishable().exists() and not Case.objects.exists()
    assert Consent.objects.get().withdrawn_on is None, "the guardian's consent is another matter"
    with pytest.raises(NotYours):
        consent.come_back(actor=family.parent, child_id=family.child.pk)
    consent.come_back(actor=child, child_id=family.child.pk)
    assert CHILDREN.publishable().exists()
    assert [row.action for row in Entry.objects.filter(action__startswith="child.")] == [
        "child.stopped",
        "child.came_back",
    ]


def test_a_younger_child_asks_and_a_person_comes(family):
    of_age(family, 13)
    for _time in range(2):
        assert not consent.stop_taking_part(actor=family.child.user, child_id=family.child.pk)
    assert Pairing.objects.live().count() == 2
    case = Case.objects.get()
    assert (case.kind, case.opened_by, case.due_at) == (
        "stop_asked",
        family.child.user,
        at(12) + timedelta(hours=24),
    )


def test_a_child_becomes_14_at_midnight_in_shanghai(family):
    Child.objects.filter(pk=family.child.pk).update(birth_date=date(2006, 3, 10))
    midnight = datetime(2020, 3, 9, 16, tzinfo=UTC)
    with time_machine.travel(midnight - timedelta(seconds=1), tick=False):
        assert not consent.stop_taking_part(actor=family.child.user, child_id=family.child.pk)
    with time_machine.travel(midnight, tick=False):
        assert consent.stop_taking_part(actor=family.child.user, child_id=family.child.pk)


def test_from_18_the_consent_is_the_person_s_own(family):
    Consent.objects.all().delete()
    of_age(family, 18)
    with pytest.raises(NotYours):
        consent.give_consent(actor=family.parent, child_id=family.child.pk)
    consent.give_consent(actor=family.child.user, child_id=family.child.pk)
    with pytest.raises(NotYours):
        consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)
    assert Consent.objects.get().guardian is None


def test_a_stopped_child_s_rooms_are_shut_by_the_gates_too(family):
    Child.objects.update(stopped_at=at(11))
    assert gates.enforce(at(12)) == 2
    with pytest.raises(RoomFrozen):
        access_room(family.child.user, family.rooms["academic"].pk, "enter")


@pytest.mark.parametrize("status", ["limited", "suspended", "active"])
def test_a_coordinator_changes_a_link_with_a_reason_and_nobody_is_told(family, status):
    link = Guardianship.objects.get()
    set_guardian_status(actor=family.coordinator, link_id=link.pk, status=status, reason="safety")
    link.refresh_from_db()
    assert (link.status, link.status_reason) == (status, "safety")
    entry = Entry.objects.get(action="guardian.status_changed")
    assert entry.facts == {"child": family.child.pk, "before": "active", "status": status, "reason": "safety"}
    assert not Notice.objects.exists()
    client = Client()
    client.force_login(family.parent)
    history = client.get(f"/children/{family.child.pk}/history/").status_code
    home = client.get("/").content.decode()
    assert (history == 200) == (status == "active") and ("沐阳" in home) == (status != "suspended")


@pytest.mark.parametrize(
    "given", [{"status": "gone", "reason": "court"}, {"status": "limited", "reason": ""}]
)
def test_a_link_needs_a_status_and_a_reason(family, given):
    with pytest.raises(Invalid):
        set_guardian_status(actor=family.coordinator, link_id=Guardianship.objects.get().pk, **given)


@pytest.mark.parametrize("who", ["child", "academic", "parent", "carer", "stranger"])
def test_nobody_but_a_coordinator_changes_a_link(family, who):
    user = getattr(family, who)
    user = user if isinstance(user, User) else user.user
    with pytest.raises(NotYours):
        set_guardian_status(
            actor=user, link_id=Guardianship.objects.get().pk, status="active", reason="court"
        )


def test_a_suspended_guardian_who_is_the_carer_too_sees_and_is_told_nothing(family):
    """At home with the child or not: nothing by the side of it."""
    Carer.objects.update(user=family.parent)
    notices = [
        News(
            person=family.parent.pk,
            audience=Audience.FAMILY,
            kind=Kind.MEETING_MOVED,
            about="meeting:1",
            child=family.child.pk,
            facts={},
        )
    ]
    tell(notices, now=timezone.now())
    link = Guardianship.objects.get()
    seen = []
    for status in ("limited", "suspended"):
        set_guardian_status(actor=family.coordinator, link_id=link.pk, status=status, reason="court")
        seen.append(
            (
                len(children_of_family(family.parent)),
                meetings_for(family.parent).exists(),
                child_relations(family.parent, family.child) != set(),
                family.parent.pk in families_of([family.child.pk])[family.child.pk],
                notices_for(family.parent).exists(),
            )
        )
    assert seen == [(1, True, True, True, True), (0, False, False, False, False)]


def test_a_guardian_whose_account_is_switched_off_carries_no_consent(family):
    father = second_parent(family)
    User.objects.filter(pk=father.pk).update(is_active=False)
    assert consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)


@pytest.mark.parametrize("status", ["limited", "suspended"])
@pytest.mark.parametrize("withdrew_first", [True, False])
def test_when_nobody_goes_on_after_a_withdrawal_it_ends_whoever_came_last(family, status, withdrew_first):
    second_parent(family)
    other = Guardianship.objects.get(order=2)

    def withdraw():
        consent.withdraw_consent(actor=family.parent, child_id=family.child.pk)

    def change():
        set_guardian_status(actor=family.coordinator, link_id=other.pk, status=status, reason="court")

    for act in (withdraw, change) if withdrew_first else (change, withdraw):
        assert not Consent.objects.filter(withdrawn_by=family.parent).exists()
        act()
    assert everything_ended()
    assert Consent.objects.get().withdrawn_by == family.parent


def test_a_guardian_s_suspension_alone_ends_nothing(family):
    link = Guardianship.objects.get()
    set_guardian_status(actor=family.coordinator, link_id=link.pk, status="suspended", reason="court")
    assert not everything_ended() and Consent.objects.filter(withdrawn_on=None).exists()
