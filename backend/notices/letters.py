"""From the outbox to the mailer, by the worker; to the telephone of who has no e-mail address, where SMS are set up.

1. `gather`: what is due for a person becomes one letter, in one transaction. A second worker finds the
   notices taken, or the letter of the day there already (the database refuses another one).
2. `post`: whoever moves a letter's ``next_try_at`` forward sends it. A letter that fails waits 1, 2, 4 …
   minutes; when the mailer is away all others wait a minute with it. What goes by SMS does not wait for the
   mailer, nor the other way round.

E-mail is at least once, never exactly once: a worker that dies between the mailer's yes and the row that
says so leaves a letter that is sent again. It then has the same Message-ID and the same words, and most
mailboxes show it once. Two workers that live never send one letter twice.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from backend.notices import texting, wording
from backend.notices.access import still_told
from backend.notices.models import Letter, Notice, Notices
from backend.notices.timing import after_today, day_of, morning_after, next_try, waking

log = logging.getLogger(__name__)

BATCH = 100
PAUSE = timedelta(minutes=1)
LEASE = timedelta(minutes=10)  # longer than any mailer takes to answer
GIVEN_UP_AFTER = timedelta(days=3)
WAITING = Q(letter=None, read_at=None)
Clock = Callable[[], datetime]
Carry = Callable[[Letter, Sequence[Notice]], None]


class TakenByAnother(Exception):
    """Another worker has these notices, or has made the letter of this day."""


def work_off() -> bool:
    """A runner of the worker, in a thread of its own: a slow mailer must not hold up the duties.

    Says whether there was anything to do.
    """
    return gather(timezone.now()) + post() > 0


def gather(now: datetime) -> int:
    """Makes the letters that are due, for at most BATCH people. Returns how many."""
    waiting = Notice.objects.filter(WAITING, mail_at__lte=now, mail_until__gt=now)
    if not waiting.exists():  # asked twice a second: cheap, and it writes nothing
        return 0
    waiting.exclude(pk__in=waiting.filter(_within_reach()).values("pk")).update(mail_until=now)
    due = _to_mail(now).filter(mail_at__lte=now)
    people = due.order_by().values_list("person_id", "rationed").distinct()[:BATCH]
    return sum(_gather_for(person, rationed, now) for person, rationed in list(people))


def _to_mail(now: datetime) -> Notices:
    """What nobody has read on the page yet and somebody with an address may still know."""
    waiting = Notice.objects.filter(WAITING, mail_until__gt=now)
    return still_told(waiting.filter(_within_reach(), person__is_active=True), now)


def _within_reach() -> Q:
    """By e-mail, or by SMS who has none."""
    reach = Q(person__email__isnull=False)
    return reach | Q(person__phone__isnull=False) if texting.available() else reach


def _gather_for(person: int, rationed: bool, now: datetime) -> bool:
    pending = _to_mail(now).filter(person=person, rationed=rationed)
    if not rationed:
        pending = pending.filter(mail_at__lte=now)
    elif _had_letter_of_today(person, now):
        return _wait_for_tomorrow(pending.filter(mail_at__lte=now), now)
    try:
        with transaction.atomic():
            _put_into_letter(person, rationed, list(pending.values_list("pk", flat=True)), now)
    except (IntegrityError, TakenByAnother):
        return False
    return True


def _had_letter_of_today(person: int, now: datetime) -> bool:
    """One that still waits counts too, whatever its day: it will go today."""
    theirs = Letter.objects.filter(person=person, rationed=True)
    return theirs.filter(Q(day=day_of(now)) | Q(state=Letter.State.WAITING)).exists()


def _wait_for_tomorrow(notices: Notices, now: datetime) -> bool:
    for notice in notices:
        notice.mail_at = after_today(now, needed_by=notice.needed_by)
        notice.save(update_fields=["mail_at"])
    return False


def _put_into_letter(person: int, rationed: bool, notices: Sequence[int], now: datetime) -> None:
    letter = Letter.objects.create(
        person_id=person, rationed=rationed, day=day_of(now), made_at=now, next_try_at=now
    )
    if not Notice.objects.filter(pk__in=notices, letter=None).update(letter=letter):
        raise TakenByAnother


def post(clock: Clock = timezone.now) -> int:
    """Sends what is due, at most BATCH letters. Returns how many were sent."""
    letters = _due(clock())
    mails = [letter for letter in letters if letter.person.email]
    texts = [letter for letter in letters if not letter.person.email]
    sent = _post(texts, _text, clock, by_mail=False) if texts else 0
    if not mails:
        return sent
    mailer = get_connection()
    try:
        return sent + _post(mails, partial(_mail, mailer), clock, by_mail=True)
    finally:
        mailer.close()


def _post(letters: Sequence[Letter], carry: Carry, clock: Clock, *, by_mail: bool) -> int:
    sent = 0
    for letter in letters:
        if not _claim(letter, clock()):
            continue
        try:
            _send(letter, carry, clock())
        except SMTPRecipientsRefused as error:
            _failed(letter, error, clock())
        except Exception as error:
            _failed(letter, error, clock())
            _rest(clock(), by_mail=by_mail)
            break
        sent += 1
    return sent


def _due(now: datetime) -> list[Letter]:
    """A family's letter that was late in the evening waits for the morning."""
    due = Letter.objects.filter(state=Letter.State.WAITING, next_try_at__lte=now)
    if waking(now) != now:
        due = due.filter(rationed=False)
    return list(due.select_related("person").order_by("next_try_at", "pk")[:BATCH])


def _claim(letter: Letter, now: datetime) -> bool:
    """False when another worker was first. A family's letter counts for the day on which it goes."""
    as_seen = Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING, attempts=letter.attempts)
    letter.attempts += 1
    try:
        with transaction.atomic():
            return bool(as_seen.update(attempts=letter.attempts, next_try_at=now + LEASE, day=day_of(now)))
    except IntegrityError:  # the letter of today has gone: this one is tomorrow's
        as_seen.update(next_try_at=morning_after(now))
        return False


def _send(letter: Letter, carry: Carry, now: datetime) -> None:
    notices = list(still_told(letter.notices.all(), now).order_by("pk"))
    if notices and letter.person.is_active:
        carry(letter, notices)
    # What the person may not know any more is not sent, and not tried again.
    Letter.objects.filter(pk=letter.pk).update(state=Letter.State.SENT, sent_at=now, last_error="")


def _mail(mailer: Any, letter: Letter, notices: Sequence[Notice]) -> None:
    person = letter.person
    subject, body = wording.letter(notices, person.language, settings.SITE_ORIGIN)
    mailer.open()  # once for the whole batch; it does nothing when it is open
    headers = {"Message-ID": f"<{letter.token}@shuangdao>"}
    EmailMessage(subject, body, to=[str(person.email)], headers=headers, connection=mailer).send()


def _text(letter: Letter, notices: Sequence[Notice]) -> None:
    """Nothing where SMS are not set up (any more), or the number is gone."""
    person = letter.person
    if person.phone and texting.available():
        text = wording.text(notices, person.language, settings.SITE_ORIGIN)
        texting.send(token=str(letter.token), phone=person.phone, text=text)


def _failed(letter: Letter, error: Exception, now: datetime) -> None:
    given_up = now - letter.made_at >= GIVEN_UP_AFTER
    # The type only: an answer of the mailer repeats the address.
    log.warning("letter %s failed %d times: %s", letter.pk, letter.attempts, type(error).__name__)
    Letter.objects.filter(pk=letter.pk).update(
        last_error=type(error).__name__,
        state=Letter.State.GIVEN_UP if given_up else Letter.State.WAITING,
        next_try_at=next_try(now, letter.attempts, rationed=letter.rationed),
    )


def _rest(now: datetime, *, by_mail: bool) -> None:
    """The mailer is away, or whoever sends the SMS: nobody knocks there again for a minute."""
    waiting = Letter.objects.filter(state=Letter.State.WAITING, next_try_at__lt=now + PAUSE)
    waiting.filter(person__email__isnull=not by_mail).update(next_try_at=now + PAUSE)
