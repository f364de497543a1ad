"""A family gets at most one letter a day beyond replies and safety: in code, and by the database."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from backend.notices import letters, outbox
from backend.notices.kinds import Audience, Kind
from backend.notices.models import Letter, Notice
from backend.notices.outbox import News
from backend.rosters.models import Carer, Guardianship
from tests.chat.people import Family, at
from tests.notices.conftest import got, work

pytestmark = pytest.mark.django_db

MOVED, MISSED, SUMMARY = Kind.MEETING_MOVED, Kind.MEETING_MISSED, Kind.SUMMARY_WRITTEN


def tell(family: Family, now: datetime, *kinds: Kind, who: Any = None, **more: Any) -> None:
    """One piece of news of each kind, about something of its own."""
    audience = more.pop("audience", Audience.FAMILY)
    facts = {
        "start": at(19, day=19).isoformat(),
        "old_start": at(20, day=19).isoformat(),
        "mentor": "李文",
        "child": "沐阳",
    }
    with transaction.atomic():
        outbox.tell(
            [
                News(
                    person=(who or family.parent).pk,
                    audience=audience,
                    kind=kind,
                    about=f"{kind}:{Notice.objects.count() + number}",
                    child=family.child.pk,
                    facts=facts,
                    **more,
                )
                for number, kind in enumerate(kinds)
            ],
            now=now,
        )


@pytest.mark.parametrize(
    ("told", "goes"),
    [
        # (hour, kind, reply, needed by) …                         when e-mails reach the parent
        ([(10, MISSED, False, None)], [(17, 20.5)]),
        ([(10, MISSED, False, None), (14, SUMMARY, False, None)], [(17, 20.5)]),
        ([(10, MOVED, False, 19), (10, SUMMARY, False, None)], [(17, 10)]),
        ([(10, MOVED, False, 19), (14, SUMMARY, False, None)], [(17, 10), (18, 20.5)]),
        ([(10, MOVED, False, 16), (11, MOVED, False, 17)], [(17, 10), (18, 7)]),
        ([(10, MOVED, False, 16), (11, MOVED, True, 17)], [(17, 10), (17, 11)]),
        ([(10, MOVED, True, 16), (11, MOVED, True, 17), (12, SUMMARY, False, None)], 
         [(17, 10), (17, 11), (17, 20.5)]),
        ([(10, Kind.PASSWORD_CHANGED, False, None), (11, MOVED, False, 17)], [(17, 10), (17, 11)]),
        ([(21, MISSED, False, None)], [(18, 20.5)]),
        ([(22, MOVED, False, 34)], [(18, 7)]),
        ([(22, MOVED, True, 34)], [(17, 22)]),
        ([(20, MISSED, False, None), (20.75, SUMMARY, False, None)], [(17, 20.5), (18, 20.5)]),
    ],
)  # fmt: skip
def test_the_truth_table(family: Family, told: Any, goes: Any) -> None:
    Notice.objects.all().delete()
    found: list[tuple[int, float]] = []
    for quarter in range(2 * 96):
        day, hour = divmod(quarter / 4, 24)
        for when, kind, reply, needed in told:
            if 24 * day + hour == when:
                own = kind is Kind.PASSWORD_CHANGED
                tell(
                    family,
                    at(when),
                    kind,
                    reply=reply,
                    needed_by=None if needed is None else at(needed),
                    audience=Audience.SELF if own else Audience.FAMILY,
                )
        went = work(at(hour, day=17 + int(day)))
        found += [(17 + int(day), hour) for each in went if each.to == [family.parent.email]]
    assert found == goes


def test_several_kinds_of_a_day_are_one_letter_that_says_them_all(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MISSED, SUMMARY)
    tell(family, at(14), Kind.MEETING_CANCELLED)
    [letter] = work(at(20.5))
    assert letter.body.count("· ") == 3
    assert work(at(20.6)) == work(at(20.5, day=18)) == []


def test_two_guardians_and_the_carer_get_one_each_the_child_too(family: Family) -> None:
    from backend.accounts.models import User

    Notice.objects.all().delete()
    second = User.objects.create_user(name="林父", email="second@example.invalid")
    Guardianship.objects.create(child=family.child, guardian=second, order=2)
    for who in (family.parent, second, family.carer):
        tell(family, at(10), MOVED, Kind.MEETING_CANCELLED, who=who)
    tell(family, at(10), MOVED, MISSED, who=family.child.user, audience=Audience.CHILD)
    went = work(at(20.5))
    everybody = {family.parent.email, second.email, family.carer.email, family.child.user.email}
    assert sorted(each.to[0] for each in went) == sorted(everybody)


def test_a_mentor_and_a_coordinator_are_told_at_once_as_often_as_needed(family: Family) -> None:
    Notice.objects.all().delete()
    for hour in (10, 11, 23):
        tell(family, at(hour), MOVED, who=family.academic.user, audience=Audience.MENTOR)
        assert len(work(at(hour))) == 1


def test_midnight_in_shanghai_begins_the_next_day_not_midnight_in_london(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(7.5), MOVED, needed_by=at(9))
    assert len(work(at(7.5))) == 1, "17 February in Shanghai, 16 February in UTC"
    tell(family, at(8.5), MOVED, needed_by=at(10))
    assert work(at(8.5)) == [], "the same day in Shanghai"
    assert [letter.day for letter in Letter.objects.all()] == [date(2020, 2, 17)]


def test_the_database_refuses_a_second_letter_of_the_day(family: Family) -> None:
    def letter(rationed: bool) -> Letter:
        with transaction.atomic():
            return Letter.objects.create(
                person=family.parent,
                day=date(2020, 2, 17),
                rationed=rationed,
                made_at=at(12),
                next_try_at=at(12),
            )

    letter(True)
    letter(False)
    letter(False)
    with pytest.raises(IntegrityError):
        letter(True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("audience", "mentor"), ("about", ""), ("child", None), ("once", ""), ("mail_at", at(9))],
)
def test_the_database_refuses_a_notice_that_makes_no_sense(family: Family, field: str, value: Any) -> None:
    tell(family, at(10), MOVED)
    notice = got(family.parent)[-1]
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(**{field: value})


def test_a_letter_that_waited_past_midnight_is_the_letter_of_the_new_day(family: Family, mailer: Any) -> None:
    Notice.objects.all().delete()
    mailer.fails = OSError()
    tell(family, at(20), MISSED)
    for minutes in range(0, 120, 5):
        assert work(at(20.5) + timedelta(minutes=minutes)) == []
    mailer.fails = None
    assert work(at(2, day=18)) == [], "the family sleeps"
    tell(family, at(6, day=18), MOVED, needed_by=at(16, day=18), useful_until=at(17, day=18))
    assert len(work(at(7, day=18))) == 1
    assert Letter.objects.get().day == date(2020, 2, 18)
    assert work(at(9, day=18)) == work(at(20.5, day=18)) == [], "that was the one of the 18th"
    assert work(at(7, day=19)) == work(at(20.5, day=19)) == [], "and the moved meeting is over"


def test_a_worker_that_was_away_in_the_evening_does_not_wake_the_family(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MISSED)
    assert work(at(23)) == work(at(3, day=18)) == []
    assert len(work(at(7, day=18))) == 1


def test_should_the_day_be_taken_after_all_the_letter_goes_next_morning(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MISSED, SUMMARY)
    first, second = got(family.parent)
    for notice, day in ((first, 16), (second, 17)):
        notice.letter = Letter.objects.create(
            person=family.parent,
            day=date(2020, 2, day),
            rationed=True,
            made_at=at(12, day=day),
            next_try_at=at(12) + timedelta(minutes=17 - day),
        )
        notice.save()
    assert len(work(at(13))) == 1
    assert work(at(20.5)) == []
    assert len(work(at(7, day=18))) == 1


def test_what_was_read_on_the_page_is_not_sent(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MISSED)
    outbox.mark_read(actor=family.parent, ids=[got(family.parent)[0].pk])
    assert work(at(20.5)) == []


def test_what_is_over_is_not_mailed_any_more(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MOVED, needed_by=at(15))
    tell(family, at(11), MOVED, needed_by=at(15), useful_until=at(16))
    assert len(work(at(11))) == 1
    tell(family, at(12), MOVED, needed_by=at(15), useful_until=at(16))
    assert work(at(7, day=18)) == work(at(20.5, day=18)) == []
    assert len(got(family.parent)) == 3, "the page has it"


def test_nothing_is_told_outside_a_transaction(family: Family, monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError):
        outbox.tell([], now=at(12))


@pytest.mark.parametrize(
    ("status", "expected"),
    [("active", {MOVED, MISSED, SUMMARY}), ("limited", {MOVED}), ("suspended", set())],
)
def test_a_guardian_s_letter_holds_what_they_may_know_when_it_goes(
    family: Family, status: str, expected: set[Kind]
) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MOVED, MISSED, SUMMARY)
    Guardianship.objects.update(status=status, status_reason="协议")
    letters.gather(at(20.5))
    assert set(Notice.objects.exclude(letter=None).values_list("kind", flat=True)) == expected
    Guardianship.objects.update(status="suspended", status_reason="法院")
    assert work(at(20.6)) == [], "suspended after the letter was made: it does not go"
    assert not Letter.objects.filter(state="waiting").exists()


def test_a_carer_who_is_none_any_more_is_told_nothing(family: Family) -> None:
    Notice.objects.all().delete()
    tell(family, at(10), MOVED, who=family.carer)
    Carer.objects.all().delete()
    assert work(at(20.5)) == [] and mail.outbox == []
