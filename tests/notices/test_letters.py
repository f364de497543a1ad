"""The worker and the mailer: nothing twice while both live, nothing lost while one is away."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import transaction

from backend.duties import ticker
from backend.notices import letters, outbox
from backend.notices.kinds import Audience, Kind
from backend.notices.models import Letter, Notice
from backend.notices.outbox import News
from tests.chat.people import Family, at
from tests.notices.conftest import got, waiting, work
from tests.notices.test_one_a_day import MISSED, MOVED, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty(family: Family) -> None:
    Notice.objects.all().delete()


def tell_mentors(family: Family, now: Any) -> list[Any]:
    mentors = [family.academic.user, family.wellbeing.user]
    for mentor in mentors:
        tell(family, now, MOVED, who=mentor, audience=Audience.MENTOR)
    return mentors


def minute_by_minute(start: Any, minutes: int) -> list[Any]:
    return [each for minute in range(minutes) for each in work(start + timedelta(minutes=minute))]


def test_a_mailer_that_is_away_for_ten_minutes_loses_nothing_and_doubles_nothing(
    family: Family, mailer: Any
) -> None:
    mentors = tell_mentors(family, at(10))
    mailer.fails = SMTPServerDisconnected("gone")
    assert minute_by_minute(at(10), 10) == []
    assert 4 <= mailer.knocks <= 11, "it is not hammered"
    mailer.fails = None
    went = minute_by_minute(at(10) + timedelta(minutes=10), 30)
    assert sorted(each.to[0] for each in went) == sorted(user.email for user in mentors)
    assert waiting() == 0 and not Letter.objects.exclude(last_error="").exists()


def test_while_the_mailer_is_away_it_is_asked_once_a_minute_by_all_workers_together(
    family: Family, mailer: Any
) -> None:
    tell_mentors(family, at(10))
    mailer.fails = OSError()
    for _again in range(5):
        work(at(10))
    assert mailer.knocks == 1 and waiting() == 2
    work(at(10) + timedelta(minutes=1))
    assert mailer.knocks == 2


def test_one_bad_address_holds_nobody_up(family: Family, mailer: Any) -> None:
    first, second = tell_mentors(family, at(10))
    mailer.refused = first.email
    assert [each.to for each in work(at(10))] == [[second.email]]
    bad = Letter.objects.get(person=first)
    assert (bad.state, bad.last_error) == ("waiting", "SMTPRecipientsRefused")
    for hours in range(1, 80):
        assert work(at(10) + timedelta(hours=hours)) == []
    bad.refresh_from_db()
    assert bad.state == "given_up" and mailer.knocks < 82
    assert len(got(first)) == 1, "the page still has it"


def test_no_error_and_no_address_reaches_the_log(family: Family, mailer: Any, caplog: Any) -> None:
    first, _second = tell_mentors(family, at(10))
    mailer.refused = first.email
    work(at(10))
    assert first.email not in caplog.text and "沐阳" not in caplog.text
    assert f"letter {Letter.objects.get(person=first).pk} failed" in caplog.text


def test_a_second_worker_finds_nothing_while_the_first_one_sends(family: Family, mailer: Any) -> None:
    tell_mentors(family, at(10))
    letters.gather(at(10))
    others = []
    mailer.meanwhile = lambda: others.append(letters.post(lambda: at(10)))
    assert letters.post(lambda: at(10)) == 1, "the second letter went with the other worker"
    assert others == [1] and len(mail.outbox) == 2
    assert len({each.to[0] for each in mail.outbox}) == 2


def test_of_two_who_saw_the_same_letter_one_claims_it(family: Family) -> None:
    tell_mentors(family, at(10))
    letters.gather(at(10))
    seen, same = Letter.objects.first(), Letter.objects.first()
    assert seen and same
    assert letters._claim(seen, at(10)) and not letters._claim(same, at(10))


def test_of_two_who_gather_at_once_one_makes_the_letter(family: Family, monkeypatch: Any) -> None:
    tell(family, at(10), MISSED)
    tell_mentors(family, at(10))
    real = letters._put_into_letter

    def late(*args: Any) -> None:
        real(*args)
        real(*args)  # what another worker with the same rows would do

    monkeypatch.setattr(letters, "_put_into_letter", late)
    assert letters.gather(at(20.5)) == 0, "the second of the two was refused, and took nothing"
    monkeypatch.setattr(letters, "_put_into_letter", real)
    assert letters.gather(at(20.5)) == 3 and letters.gather(at(20.5)) == 0


def test_a_worker_that_dies_while_sending_leaves_a_letter_that_goes_again_the_same(
    family: Family, mailer: Any
) -> None:
    tell(family, at(10), MOVED, who=family.academic.user, audience=Audience.MENTOR)
    letters.gather(at(10))

    class Killed(BaseException):
        """As a signal would."""

    mailer.fails = Killed()  # type: ignore[assignment]
    with pytest.raises(Killed):
        letters.post(lambda: at(10))
    mailer.fails = None
    assert minute_by_minute(at(10), 10) == [], "the claim holds: the worker may be alive"
    [again] = work(at(10) + letters.LEASE)
    token = Letter.objects.get().token
    assert again.extra_headers["Message-ID"] == f"<{token}@shuangdao>"


def test_what_was_rolled_back_is_not_told(family: Family) -> None:
    with transaction.atomic():
        tell(family, at(10), MOVED, who=family.academic.user, audience=Audience.MENTOR)
        transaction.set_rollback(True)
    assert work(at(10)) == [] and got(family.academic.user) == []


def test_without_an_address_there_is_only_the_page_and_switched_off_people_get_nothing(
    family: Family,
) -> None:
    first, second = tell_mentors(family, at(10))
    first.email = None
    first.save()
    second.is_active = False
    second.save()
    assert work(at(10)) == [] and not Letter.objects.exists()
    assert len(got(first)) == 1
    first.email = "late@example.invalid"
    first.save()
    assert work(at(11)) == [], "an address that came later brings no old letters"


def test_the_letter_says_little_and_leads_to_the_page(family: Family) -> None:
    with transaction.atomic():
        facts = {"start": at(20, day=20).isoformat(), "old_start": at(19, day=19).isoformat()}
        names = {"mentor": {"zh": "李老师", "en": "李文"}, "child": "沐阳"}
        outbox.tell(
            [
                News(
                    person=person.pk,
                    audience=Audience.FAMILY,
                    kind=kind,
                    about=about,
                    child=family.child.pk,
                    facts={**facts, **names},
                )
                for person in (family.parent, family.carer)
                for kind, about in ((MOVED, "meeting:1"), (Kind.MEETING_CANCELLED, "meeting:2"))
            ],
            now=at(10),
        )
    family.carer.language = "en"
    family.carer.save()
    Notice.objects.filter(person=family.carer, about="meeting:2").delete()
    chinese, english = sorted(work(at(20.5)), key=lambda each: each.to != [family.parent.email])
    assert chinese.subject == "双导：有新的通知"
    assert "· 有一次见面改了时间：2月20日 周四 20:00（原来是2月19日 周三 19:00）。" in (chinese.body)
    assert english.subject == "Shuangdao: A meeting has another time"
    assert "Thu 20 February 20:00" in english.body
    for each in (chinese, english):
        assert "https://pairs.example/notices/\n" in each.body and "?" not in each.body
        for name in ("沐阳", "李"):
            assert name not in each.subject + each.body


def test_of_several_about_one_meeting_the_newest_is_said(family: Family) -> None:
    tell(family, at(10), MOVED, Kind.MEETING_CANCELLED)
    Notice.objects.update(about="meeting:1")
    [letter] = work(at(20.5))
    assert letter.body.count("· ") == 1 and "取消" in letter.body


def test_old_notices_go_with_the_names_in_them(family: Family) -> None:
    tell(family, at(10), MOVED)
    work(at(20.5))
    assert outbox.forget_old(at(10) + timedelta(days=89)) == 0
    assert outbox.forget_old(at(10) + timedelta(days=91)) == 1
    assert not Notice.objects.exists() and not Letter.objects.exists()


def test_the_worker_does_all_this_by_itself(family: Family) -> None:
    with time_machine.travel(at(10), tick=False):
        tell(family, at(10), MOVED, who=family.academic.user, audience=Audience.MENTOR)
        assert letters.work_off in ticker.runners()
        assert (letters.work_off(), letters.work_off()) == (True, False)
    assert len(mail.outbox) == 1
