"""The hand-over note: by whom, for how long, and who reads it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care.alerts import tell_those_on_duty
from backend.care.models import Case
from backend.errors import Invalid, NotYours
from backend.notices.models import Notice
from backend.rosters.models import Guardianship
from chat.access import hand_over_for
from chat.handing_over import end_with_note, leave_note, notes_to_leave
from chat.models import HandOver
from chat.rooms import open_rooms
from matching.models import EndReason, Pairing
from tests.chat.people import Family, add_family

pytestmark = pytest.mark.django_db
WORDS = "先画图再算，她就不怕了。"


@pytest.fixture
def family() -> Family:
    return add_family()


def ended(family: Family, role: str = "academic", **how: Any) -> Pairing:
    pairing = Pairing.objects.live().get(child=family.child, role=role)
    given = {"reason": "not_a_fit", "note": WORDS, "now": timezone.now(), **how}
    end_with_note(actor=pairing.mentor.user, pairing_id=pairing.pk, **given)
    return pairing


def next_one(family: Family, old: Pairing) -> Pairing:
    other = add_family(1)
    mentor = getattr(other, old.role)
    Pairing.objects.filter(mentor=mentor).update(ended_at=timezone.now(), end_reason="finished")
    same = {"child": family.child, "role": old.role, "slot": old.slot, "subject": old.subject}
    new = Pairing.objects.create(**same, mentor=mentor, round=old.round, started_at=timezone.now())
    open_rooms(None, pairings=[new])
    return new


def test_the_next_mentor_in_the_role_and_the_desk_read_it_and_nobody_else(family: Family) -> None:
    old = ended(family)
    new = next_one(family, old)
    other_role = Pairing.objects.live().get(child=family.child, role="wellbeing")
    note = HandOver.objects.get()
    assert note.body == WORDS and Entry.objects.filter(action="hand_over.written").count() == 1
    assert hand_over_for(new.mentor.user, new) == note
    for pairing in (old, new):
        assert hand_over_for(family.coordinator, pairing) == note
    assert hand_over_for(family.coordinator, other_role) is None
    for who in (family.wellbeing.user, family.child.user, family.parent, family.carer, family.stranger):
        for pairing in (old, new, other_role):
            assert hand_over_for(who, pairing) is None, who
    assert hand_over_for(family.academic.user, new) is None
    # A coordinator who is of the family reads as family; a mentor whose account is shut reads nothing.
    Guardianship.objects.create(child=family.child, guardian=family.coordinator, order=2)
    assert hand_over_for(family.coordinator, old) is None
    new.mentor.user.is_active = False
    assert hand_over_for(new.mentor.user, new) is None
    new.mentor.user.is_active = True
    Pairing.objects.filter(pk=new.pk).update(ended_at=timezone.now(), end_reason="not_a_fit")
    new.refresh_from_db()
    assert hand_over_for(User.objects.get(pk=new.mentor.user_id), new) is None


def test_who_follows_already_is_told_once_that_there_are_words(family: Family) -> None:
    old = ended(family, note="")
    new = next_one(family, old)
    Notice.objects.all().delete()
    for words in (WORDS, "改过的。"):
        leave_note(actor=old.mentor.user, pairing_id=old.pk, body=words, now=timezone.now())
    notice = Notice.objects.get()
    assert (notice.person_id, notice.kind) == (new.mentor.user_id, "hand_over")
    browser = Client()
    browser.force_login(new.mentor.user)
    page = browser.get("/notices/").content.decode()
    assert "上一位导师给您留了几句话" in page and f"/my-children/{new.pk}/" in page


def test_the_newest_note_is_read_and_none_from_after(family: Family) -> None:
    first = ended(family)
    second = next_one(family, first)
    now = timezone.now()
    end_with_note(
        actor=second.mentor.user, pairing_id=second.pk, reason="not_a_fit", note="第二位写的。", now=now
    )
    assert hand_over_for(family.coordinator, second).body == "第二位写的。"
    assert hand_over_for(family.coordinator, first).body == WORDS


def test_it_is_left_for_two_weeks_by_its_mentor_alone_and_not_where_the_family_withdrew(
    family: Family,
) -> None:
    pairing = ended(family, note="")
    me, now = pairing.mentor.user, timezone.now()
    assert not HandOver.objects.exists() and notes_to_leave(me, now) == [pairing]
    for who in (family.coordinator, family.wellbeing.user, family.child.user, family.parent):
        with pytest.raises(NotYours):
            leave_note(actor=who, pairing_id=pairing.pk, body=WORDS, now=now)
    live = Pairing.objects.live().get(child=family.child)
    with pytest.raises(NotYours):  # it goes on
        leave_note(actor=live.mentor.user, pairing_id=live.pk, body=WORDS, now=now)
    for body in ("", "  ", "字" * 1001, "加我微信 abc12345"):
        with pytest.raises(Invalid):
            leave_note(actor=me, pairing_id=pairing.pk, body=body, now=now)
    leave_note(actor=me, pairing_id=pairing.pk, body=WORDS, now=now)
    leave_note(actor=me, pairing_id=pairing.pk, body="改过的。", now=now)
    assert HandOver.objects.get().body == "改过的。" and notes_to_leave(me, now) == []
    with pytest.raises(NotYours):
        leave_note(actor=me, pairing_id=pairing.pk, body=WORDS, now=now + timedelta(days=15))
    Pairing.objects.filter(pk=pairing.pk).update(end_reason=EndReason.CONSENT_WITHDRAWN)
    HandOver.objects.all().delete()
    assert notes_to_leave(me, now) == []
    with pytest.raises(NotYours):
        leave_note(actor=me, pairing_id=pairing.pk, body=WORDS, now=now)


def test_a_note_that_is_refused_leaves_the_pair_as_it_was(family: Family) -> None:
    with pytest.raises(Invalid), transaction.atomic():
        ended(family, note="加我微信 abc12345")
    assert Pairing.objects.live().count() == 2 and not HandOver.objects.exists()


def test_nobody_gives_on_the_words_of_whom_something_sealed_names(family: Family) -> None:
    named = family.academic.user_id
    told = {"kind": "report", "words": "他让孩子保密。", "named": named}
    tell_those_on_duty(actor=family.parent, child_id=family.child.pk, **told)
    new = next_one(family, ended(family))
    for who in (new.mentor.user, family.coordinator):
        assert hand_over_for(who, new) is None
    Case.objects.update(released_at=timezone.now())
    assert hand_over_for(new.mentor.user, new) is not None


def test_the_pages_show_it_and_the_desk_s_look_is_on_record(family: Family) -> None:
    old = Pairing.objects.live().get(child=family.child, role="academic")
    browser = Client()
    browser.force_login(old.mentor.user)
    asked = browser.get(f"/pairings/{old.pk}/end/").content.decode()
    assert 'name="note"' in asked and 'name="never_again"' not in asked
    refused = browser.post(f"/pairings/{old.pk}/end/", {"reason": "mentor_left", "note": "加我微信 abc12345"})
    assert refused.status_code == 200 and Pairing.objects.live().count() == 2
    browser.post(f"/pairings/{old.pk}/end/", {"reason": "mentor_left", "note": ""})
    assert f"/my-children/{old.pk}/note/" in browser.get("/").content.decode()
    browser.post(f"/my-children/{old.pk}/note/", {"note": WORDS})
    home = browser.get("/").content.decode()  # asked no more, and found again
    assert (
        "等您处理" not in home and f"/my-children/{old.pk}/note/" in home[home.index("留给下一位导师的话") :]
    )
    assert WORDS in browser.get(f"/my-children/{old.pk}/note/").content.decode()
    new = next_one(family, old)
    browser.force_login(new.mentor.user)
    assert WORDS in browser.get(f"/my-children/{new.pk}/").content.decode()
    browser.force_login(family.coordinator)
    looks = Entry.objects.filter(action="child.viewed", object_id=str(family.child.pk))
    assert not looks.exists()
    assert WORDS in browser.get(f"/pairings/{old.pk}/").content.decode() and looks.count() == 1
    assert 'name="note"' not in browser.get(f"/pairings/{new.pk}/end/").content.decode()


def test_the_database_keeps_no_empty_note_and_one_for_a_pairing(family: Family) -> None:
    pairing = Pairing.objects.live().first()
    given = {"pairing": pairing, "written_at": timezone.now()}
    with pytest.raises(IntegrityError, match="a_hand_over_says_something"), transaction.atomic():
        HandOver.objects.create(body="", **given)
    HandOver.objects.create(body=WORDS, **given)
    with pytest.raises(IntegrityError), transaction.atomic():
        HandOver.objects.create(body=WORDS, **given)
