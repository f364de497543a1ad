"""The database takes no reading that is asked, decided or reviewed by halves."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.care.models import Reading
from chat.rules.times import local_day
from tests.care.emergency import DAY, NOW
from tests.care.test_rules import REASON

pytestmark = pytest.mark.usefixtures("clock")

SAFE = {"code": "danger", "reason": REASON, "state": "waiting"}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a_reading_is_of_a_range_of_days", {"last_day": local_day(NOW - 9 * DAY)}),
        ("a_reading_has_a_reason_of_20_characters", {"reason": "二" * 19 + "   "}),
        ("a_reading_has_a_known_code", {"code": "other"}),
        (
            "nobody_approves_their_own_reading",
            {"state": "opened", "decided_by": "asker", "decided_at": NOW, "opened_at": NOW},
        ),
        ("a_reading_opens_once_by_two_or_by_a_lead_alone", {"opened_at": NOW}),
        ("a_reading_opens_once_by_two_or_by_a_lead_alone", {"state": "opened", "opened_at": NOW}),
        (
            "a_reading_opens_once_by_two_or_by_a_lead_alone",
            {"state": "opened", "alone": True, "opened_at": NOW + DAY},
        ),
        (
            "a_reading_opens_once_by_two_or_by_a_lead_alone",
            {"state": "opened", "decided_by": "other", "decided_at": NOW, "opened_at": NOW + DAY},
        ),
        ("a_reading_opens_once_by_two_or_by_a_lead_alone", {"alone": True}),
        ("a_reading_opens_once_by_two_or_by_a_lead_alone", {"state": "refused"}),
        ("a_reading_opens_once_by_two_or_by_a_lead_alone", {"state": "nothing"}),
        (
            "nobody_reviews_their_own_reading",
            {
                "state": "opened",
                "alone": True,
                "opened_at": NOW,
                "reviewed_by": "asker",
                "reviewed_at": NOW,
                "review": "right",
            },
        ),
        (
            "what_was_done_alone_is_reviewed_by_somebody",
            {"state": "opened", "alone": True, "opened_at": NOW, "reviewed_at": NOW, "review": "right"},
        ),
        (
            "what_was_done_alone_is_reviewed_by_somebody",
            {
                "state": "opened",
                "decided_by": "other",
                "decided_at": NOW,
                "opened_at": NOW,
                "reviewed_by": "other",
                "reviewed_at": NOW,
                "review": "right",
            },
        ),
        ("asked_by_id", {"twice": True}),  # SQLite names the columns of a unique constraint
    ],
)
def test_the_database_refuses_half_a_reading(family, second, name, fields):
    people = {"asker": family.coordinator, "other": second}
    given = {
        key: people.get(value, value) if isinstance(value, str) else value for key, value in fields.items()
    }
    twice = given.pop("twice", False)
    day = local_day(NOW)
    whole = {"room": family.rooms["academic"], "first_day": day, "last_day": day, "asked_at": NOW} | SAFE
    if twice:
        Reading.objects.create(asked_by=family.coordinator, **whole)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Reading.objects.create(**(whole | {"asked_by": family.coordinator} | given))
    assert timezone.now() == NOW
