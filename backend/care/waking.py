"""The pager: how somebody is woken who does not look at a screen. One address, to which each call is posted.

What stands behind it (a telephone, an SMS gateway) is the programme's; it is told whom to call and a sentence
without anybody's name. At least once: a call that may not have arrived is made again, under the same token.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.care.models import Alert, Wake
from backend.duties.models import Duty
from backend.notices.texting import post_json

log = logging.getLogger(__name__)

TIMEOUT = 5  # seconds
LEASE = timedelta(seconds=30)  # longer than any call takes; then it is made again
RESTS = timedelta(seconds=20)
BATCH = 20
CLIMBS = "alerts.climb"  # the duty by which one knows that a worker lives
ALIVE = timedelta(minutes=1)
Clock = Callable[[], datetime]


def work_off() -> bool:
    """A runner of the worker. Says whether there was anything to do."""
    return send_due() > 0


def send_due(clock: Clock = timezone.now) -> int:
    """Makes the calls that are due, as long as nobody has answered. Returns how many arrived."""
    if not settings.PAGER_URL:
        return 0
    return sum(_send(wake, clock) for wake in _due(clock()))


def _due(now: datetime) -> list[Wake]:
    standing = Wake.objects.filter(alert__in=Alert.objects.standing(), person__is_active=True)
    due = standing.filter(sent_at=None, next_try_at__lte=now, person__phone__isnull=False)
    return list(due.select_related("person").order_by("next_try_at", "pk")[:BATCH])


def _send(wake: Wake, clock: Clock) -> bool:
    as_seen = Wake.objects.filter(pk=wake.pk, attempts=wake.attempts, sent_at=None)
    if not as_seen.update(attempts=wake.attempts + 1, next_try_at=clock() + LEASE):
        return False  # another worker makes this call
    try:
        page(wake)
    except Exception as error:
        # The type only: an answer may repeat the number.
        log.warning("wake %s failed %d times: %s", wake.pk, wake.attempts + 1, type(error).__name__)
        Wake.objects.filter(pk=wake.pk).update(last_error=type(error).__name__, next_try_at=clock() + RESTS)
        return False
    Wake.objects.filter(pk=wake.pk).update(sent_at=clock(), last_error="")
    return True


def page(wake: Wake) -> None:
    """Raises OSError unless the pager says that it took it."""
    with translation.override(wake.person.language):
        text = _("Shuangdao: a child may need a person now. Please open the duty screen.")
    link = f"{settings.SITE_ORIGIN}/duty/"
    call = {"token": str(wake.token), "phone": wake.person.phone, "text": text, "link": link}
    post_json(settings.PAGER_URL, call, timeout=TIMEOUT)


def can_wake(now: datetime) -> bool:
    """A pager is set, a worker lives that uses it, somebody has a telephone, and no call fails just now."""
    if not settings.PAGER_URL or not Duty.objects.filter(name=CLIMBS, last_ok_at__gt=now - ALIVE).exists():
        return False
    failing = Wake.objects.filter(sent_at=None, alert__in=Alert.objects.standing()).exclude(last_error="")
    reachable = User.objects.filter(is_active=True, is_coordinator=True, phone__isnull=False)
    return reachable.exists() and not failing.exists()
