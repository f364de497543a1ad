"""After publishing: mentors say whether the hour suits; what was previewed is what people are told."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.errors import Conflict, NotYours
from backend.notices.access import notices_for
from backend.notices.models import Notice
from backend.notices.wording import on_page
from backend.rosters.family import families_of
from backend.rosters.models import Child, Guardianship, Mentor, MentorSlot
from backend.web.views.review import with_reasons
from chat.previewing import preview
from matching.answers import NotAsked, answer_hours, hours_in_doubt, questions_to
from matching.edits import change_proposal, choices_for
from matching.models import Pairing, Round
from matching.publishing import WorldMoved, publish_round, rows_against
from matching.review import changes
from matching.rounds import start_round
from tests.matching.test_steps import solved

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(imported: User) -> Round:
    return solved(start_round(actor=imported))


def publish(coordinator: User, round_: Round) -> None:
    publish_round(actor=coordinator, round_id=round_.pk, version=round_.version)


def test_what_was_previewed_is_what_everybody_is_told(imported: User, round_: Round) -> None:
    publish(imported, round_)
    quiet = Child.objects.exclude(guardianships=None).first()
    Child.objects.filter(pk=quiet.pk).update(quiet_since=timezone.now(), quiet_reason="illness")
    Mentor.objects.filter(pairings__child=quiet, is_wellbeing=False).update(paused=True)
    second = solved(start_round(actor=imported))
    for place in second.proposals.filter(role="wellbeing").select_related("child", "mentor")[:12]:
        for choice in choices_for(second, place.child.roster_id, "wellbeing"):
            if choice.free and (choice.mentor, choice.slot) != (place.mentor.roster_id, place.slot):
                to = {"mentor_id": Mentor.objects.get(roster_id=choice.mentor).pk, "slot": choice.slot}
                given = {"child_id": place.child_id, "role": "wellbeing", **to}
                change_proposal(actor=imported, round_id=second.pk, version=second.version, **given)
                second.refresh_from_db()
                break
    # One pair only ends; the child's father has an address, its mother may see nothing any more.
    alone = second.proposals.filter(role="academic").exclude(child=quiet).exclude(child__carer=None).first()
    second.proposals.filter(pk=alone.pk).delete()
    mother = Guardianship.objects.filter(child=alone.child_id).first()
    Guardianship.objects.filter(pk=mother.pk).update(status="suspended", status_reason="court")
    User.objects.filter(mentor__isnull=False).update(language="en", email=None)
    User.objects.filter(pk=alone.mentor.user_id).update(email="mentor@x.example")
    Notice.objects.all().delete()
    previews = preview(second, origin="https://x.example", now=timezone.now())
    with override_settings(SMS_URL="https://sms.example/"):
        texting = {
            (p.kind, p.audience): p.by_text
            for p in preview(second, origin="https://x.example", now=timezone.now())
        }
    assert not Notice.objects.exists() and changes(second).only_ended == 1
    publish(imported, second)
    told: dict[tuple[str, str], set[int]] = {}
    for notice in Notice.objects.all():
        told.setdefault((notice.kind, notice.audience), set()).add(notice.person_id)
    assert {(p.kind, p.audience): p.people for p in previews if p.people} == {
        key: len(people) for key, people in told.items()
    }
    assert {kind for kind, _audience in told} == {"pairing_started", "pairing_moved", "pairing_ended"} - (
        {"pairing_moved"} if not any(p.kind == "pairing_moved" for p in previews) else set()
    )
    by_phone = {user.pk for user in User.objects.exclude(phone=None).filter(email=None)}
    assert {key: len(people & by_phone) for key, people in told.items()} == {
        key: texting[key] for key in told
    }
    assert any(texting.values()) and not any(p.by_text for p in previews)
    counted = {(p.kind, p.audience): p for p in previews}
    # Both guardians' and the carer's accounts, and the child's own, of the family that is left in peace.
    family = families_of([quiet.pk])[quiet.pk]
    assert counted["pairing_ended", "child"].in_peace == 1
    assert counted["pairing_ended", "family"].in_peace == len(family) - 1 > 0
    assert counted["pairing_ended", "mentor"].by_mail == 1
    # Who has lost a mentor and gets none instead is told as everybody else, on a page of their own.
    assert changes(second).only_ended == 0  # done
    ended = Notice.objects.filter(kind="pairing_ended", child=alone.child_id)
    carer, child = alone.child.carer.user, alone.child.user
    told_of = {child.pk, carer.pk, alone.mentor.user_id} | {
        link.guardian_id for link in alone.child.guardianships.exclude(pk=mother.pk)
    }
    assert {notice.person_id for notice in ended} == told_of - {mother.guardian_id}
    for person in User.objects.filter(pk__in=told_of):
        assert notices_for(person).filter(kind="pairing_ended", child=alone.child_id).exists()
    for each in previews:
        if each.people:
            with translation.override(each.language):
                said = [on_page(n) for n in Notice.objects.filter(kind=each.kind, audience=each.audience)]
            assert each.page in said
            assert each.language == ("en" if each.audience == "mentor" else "zh-hans")


@pytest.mark.parametrize("gone", ["place", "person"])
def test_what_vanishes_while_it_is_previewed_is_left_out(
    imported: User, round_: Round, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    """Somebody changes the plan, or a guardian's link, between the counting and the words."""

    def meanwhile() -> bool:
        if gone == "place":
            round_.proposals.all().delete()
        else:
            Guardianship.objects.update(status="suspended", status_reason="court")
        return False

    monkeypatch.setattr("chat.previewing.texting.available", meanwhile)
    previews = preview(round_, origin="https://x.example", now=timezone.now())
    assert {each.audience for each in previews} == (set() if gone == "place" else {"child", "mentor"})


def test_a_pair_that_ended_meanwhile_is_not_among_those_that_move(imported: User, round_: Round) -> None:
    publish(imported, round_)
    second = solved(start_round(actor=imported))
    rows = list(second.proposals.order_by("pk")[:3])
    ended, replaced, stands = (
        Pairing.objects.live().get(child=row.child_id, role=row.role, mentor=row.mentor_id) for row in rows
    )
    ended.ended_at, ended.end_reason = timezone.now(), "other"
    ended.save()
    somebody = Mentor.objects.exclude(pairings__ended_at=None).first() or Mentor.objects.create(
        roster_id="M-else", user=User.objects.create_user(name="乙", login="else"), capacity=1
    )
    Pairing.objects.filter(pk=replaced.pk).update(mentor=somebody)
    assert [change.pairing.pk for change, _why in with_reasons(second, "moved", rows)] == [stands.pk]


def test_an_hour_that_does_not_suit_is_given_out_no_more(imported: User, round_: Round) -> None:
    publish(imported, round_)
    now = timezone.now()
    pairing = Pairing.objects.live().select_related("mentor__user").filter(role="academic").first()
    me = pairing.mentor.user
    assert pairing in questions_to(me) and pairing not in hours_in_doubt(now)
    assert pairing in hours_in_doubt(now + timedelta(hours=49))
    answer_hours(actor=me, does_not=[pairing.pk])
    assert not MentorSlot.objects.filter(mentor=pairing.mentor, slot=pairing.slot).exists()
    assert pairing in hours_in_doubt(now) and pairing not in questions_to(me)
    second = solved(start_round(actor=imported, stickiness=100))
    given = second.proposals.filter(child=pairing.child, role="academic").first()
    assert given is None or (given.mentor_id, given.slot) != (pairing.mentor_id, pairing.slot)
    publish(imported, second)
    again = Pairing.objects.live().filter(child=pairing.child, role="academic").first()
    assert again is None or (again.answer == "" and again.asked_at > now)
    # The plan of before has that hour, and can't be published again as it is.
    round_.refresh_from_db()
    assert [row["rule"] for row in rows_against(round_)] == ["hour_not_free"]
    with pytest.raises(WorldMoved):
        publish(imported, round_)


def test_a_new_hour_with_the_same_mentor_is_asked_about_anew(imported: User, round_: Round) -> None:
    publish(imported, round_)
    for pairing in Pairing.objects.live().select_related("mentor__user"):
        answer_hours(actor=pairing.mentor.user, suits=[pairing.pk])
    second = solved(start_round(actor=imported, stickiness=100))
    moved = None
    for place in second.proposals.select_related("child", "mentor"):
        for choice in choices_for(second, place.child.roster_id, place.role):
            if choice.free and choice.mentor == place.mentor.roster_id and choice.slot != place.slot:
                to = {"child_id": place.child_id, "role": place.role, "mentor_id": place.mentor_id}
                given = {**to, "slot": choice.slot}
                change_proposal(actor=imported, round_id=second.pk, version=second.version, **given)
                moved = Pairing.objects.live().get(child=place.child, role=place.role)
        if moved:
            break
    assert moved
    second.refresh_from_db()
    publish(imported, second)
    assert list(Pairing.objects.unanswered()) == [moved]
    assert moved in questions_to(moved.mentor.user)


def test_only_the_mentor_answers_and_may_change_their_mind(imported: User, round_: Round) -> None:
    publish(imported, round_)
    one, other = (
        Pairing.objects.live().select_related("mentor__user", "child__user").order_by("mentor")[:31:30]
    )
    me = one.mentor.user
    assert one.mentor_id != other.mentor_id
    for who in (imported, other.mentor.user, one.child.user):
        with pytest.raises(NotYours):
            answer_hours(actor=who, suits=[one.pk])
    with pytest.raises(NotYours), transaction.atomic():
        answer_hours(actor=me, does_not=[one.pk], suits=[other.pk])
    one.refresh_from_db()
    assert one.answer == "" and MentorSlot.objects.filter(mentor=one.mentor, slot=one.slot).exists()
    with pytest.raises(Conflict), transaction.atomic():  # the page was of another hour
        answer_hours(actor=me, does_not=[one.pk], shown={one.pk: one.slot + 1})
    one.refresh_from_db()
    assert one.answer == "" and MentorSlot.objects.filter(mentor=one.mentor, slot=one.slot).exists()
    for answer in ("does_not", "suits", "does_not", "suits"):
        answer_hours(actor=me, **{answer: [one.pk]})
        one.refresh_from_db()
        assert one.answer == answer
        free = MentorSlot.objects.filter(mentor=one.mentor, slot=one.slot)
        assert free.exists() == (answer == "suits")
    Pairing.objects.filter(pk=one.pk).update(asked_at=None, answer="", answered_at=None)
    with pytest.raises(NotAsked):
        answer_hours(actor=me, suits=[one.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.filter(pk=one.pk).update(answer="suits", answered_at=timezone.now())
