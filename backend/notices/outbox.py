"""Putting into the outbox what people are to know. Called inside the transaction of what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from backend.notices.access import notices_for
from backend.notices.kinds import RULES, Audience, Kind, Weight, is_rationed
from backend.notices.models import Letter, Notice
from backend.notices.timing import WORTH_MAILING, letter_time

KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing for one person. ``person`` is a user's id; see Notice for what is not said here.

    reply: it answers something that this person's family did, so it is told at once.
    quiet: the family is left in peace: what it is rationed in it is not told.
    needed_by: the moment by which it must be known.  useful_until: it is not mailed after that.
    """

    person: int
    audience: Audience
    kind: Kind
    about: str
    child: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    reply: bool = False
    quiet: bool = False
    once: str | None = None
    needed_by: datetime | None = None
    useful_until: datetime | None = None
    shown_from: datetime | None = None


def tell(news: Iterable[News], *, now: datetime) -> None:
    """Puts them into the outbox: on the page at once, by letter when `timing` says so.

    Raises RuntimeError outside a transaction: what was rolled back must not be told.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("outbox.tell belongs into the transaction of what it tells")
    notices = [notice_of(each, now) for each in news if is_told(each)]
    Notice.objects.bulk_create((each for each in notices if each.once is None), batch_size=500)
    for each in notices:
        if each.once is not None and not _was_told(each):
            each.save(force_insert=True)


def take_back(children: Iterable[int], *, now: datetime) -> None:
    """What these children's families would still get by letter does not go."""
    Notice.objects.filter(child__in=list(children), rationed=True, mail_until__gt=now).update(mail_until=now)


def _was_told(notice: Notice) -> bool:
    """The constraint holds it too; the duties that tell once are run by one worker at a time."""
    told = Notice.objects.filter(person_id=notice.person_id, kind=notice.kind, once=notice.once)
    return told.exists()


def is_told(news: News) -> bool:
    """Not what is rationed in a family that is left in peace."""
    return not (news.quiet and _is_rationed(news))


def _is_rationed(news: News) -> bool:
    return is_rationed(news.audience, Weight.REPLY if news.reply else RULES[news.kind].weight)


def notice_of(news: News, now: datetime) -> Notice:
    rationed = _is_rationed(news)
    shown_from = max(news.shown_from or now, now)
    mail_at = letter_time(shown_from, rationed=rationed, needed_by=news.needed_by)
    mail_until = mail_at + WORTH_MAILING
    return Notice(
        person_id=news.person,
        kind=news.kind,
        audience=news.audience,
        rationed=rationed,
        about=news.about,
        child=news.child,
        facts=news.facts,
        once=news.once,
        made_at=now,
        shown_from=shown_from,
        needed_by=news.needed_by,
        mail_at=mail_at,
        mail_until=min(news.useful_until or mail_until, mail_until),
    )


def show_later(*, kind: Kind, about: str, shown_from: datetime, now: datetime) -> None:
    """Those about this that nobody could see yet are shown later."""
    for notice in Notice.objects.filter(kind=kind, about=about, shown_from__gt=now, letter=None):
        mail_at = letter_time(shown_from, rationed=notice.rationed, needed_by=notice.needed_by)
        Notice.objects.filter(pk=notice.pk).update(
            shown_from=shown_from, mail_at=mail_at, mail_until=mail_at + WORTH_MAILING
        )


def mark_read(*, actor: Any, ids: Iterable[int]) -> int:
    """The actor's own among these. Not audited: having looked changes nothing for anybody else."""
    return notices_for(actor).unread().filter(pk__in=list(ids)).update(read_at=timezone.now())


def forget_old(now: datetime) -> int:
    """Notices name people, and what they told stands in the history: they go after KEPT."""
    gone, _rows = Notice.objects.filter(shown_from__lt=now - KEPT).delete()
    Letter.objects.filter(made_at__lt=now - KEPT).delete()
    return gone
