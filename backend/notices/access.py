"""The gate for notices: one's own, and of those only what one may still know.

Rights follow from how things are now: a guardian suspended since, a mentor whose pairing ended, read no
more of it. What somebody is to a child is known further up, so a layer above registers how to narrow.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from backend import policy
from backend.errors import NotYours
from backend.notices.models import Notice, Notices
from backend.policy import Relation

Narrow = Callable[[Notices], Notices]
_narrow: list[Narrow] = []


def narrow_with(narrow: Narrow) -> None:
    """Called from the ready() of the layer that knows who is what to whom."""
    _narrow.append(narrow)


def still_told(notices: Notices, now: datetime) -> Notices:
    """Those that are shown by now, to people who may still know them."""
    notices = notices.filter(shown_from__lte=now)
    for narrow in _narrow:
        notices = narrow(notices)
    return notices


def notices_for(actor: Any) -> Notices:
    """The actor's own, newest first."""
    if not actor.is_authenticated or not actor.is_active:
        return Notice.objects.none()
    if not policy.allows("notice", "read", {Relation.ADDRESSEE}):
        return Notice.objects.none()
    return still_told(Notice.objects.filter(person_id=actor.pk), timezone.now())


def access_notice(actor: Any, notice_id: int, action: str = "read") -> Notice:
    """The notice, or NotYours whether it is missing or somebody else's."""
    notice = notices_for(actor).filter(pk=notice_id).first()
    if notice is None or not policy.allows("notice", action, {Relation.ADDRESSEE}):
        raise NotYours
    return notice
