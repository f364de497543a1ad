"""The two of a running site's family met on each of the last eight days, 28 minutes: `python -m tests.browser.met`."""

from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from django.utils import timezone

    from chat.meetings import record_meeting_elsewhere
    from matching.models import Pairing

    pairing = Pairing.objects.live().get(role="academic")
    Pairing.objects.update(started_at=timezone.now() - timedelta(days=9))
    for days in range(1, 9):
        record_meeting_elsewhere(
            actor=pairing.mentor.user,
            pairing_id=pairing.pk,
            began_at=timezone.now() - timedelta(days=days),
            minutes=28,
            medium="phone",
            summary="分数的加减法。" * 20,
        )


if __name__ == "__main__":
    main()
