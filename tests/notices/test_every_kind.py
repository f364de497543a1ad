"""Every kind of notice × who is told × reply or not × family in peace or not: how many letters a day it is.

The table says it by hand, and a kind that it does not name fails: whoever adds one decides what a family bears.
"""

from itertools import product
from typing import Any

import pytest
from django.db import transaction

from backend.notices import outbox
from backend.notices.kinds import Audience, Kind
from backend.notices.models import Letter, Notice
from backend.notices.outbox import News
from backend.notices.wording import TABLES
from backend.rosters.models import Child
from tests.chat.people import Family, at
from tests.notices.conftest import work

pytestmark = pytest.mark.django_db

NEWS = "news"  # one letter a day for a family
TOLD = "told"  # a letter each time: an answer, safety
STAFF = "staff"  # never to a family

TABLE = {
    Kind.PAIRING_STARTED: NEWS,
    Kind.PAIRING_MOVED: NEWS,
    Kind.PAIRING_ENDED: NEWS,
    Kind.MEETING_MOVED: NEWS,
    Kind.MEETING_CANCELLED: NEWS,
    Kind.MEETING_ON_AGAIN: NEWS,
    Kind.MEETING_MISSED: NEWS,
    Kind.SUMMARY_WRITTEN: NEWS,
    Kind.HAND_OVER: STAFF,  # to the child's next mentor
    Kind.SUMMARY_DUE: STAFF,
    Kind.SUMMARIES_MISSING: STAFF,
    Kind.READING_ASKED: STAFF,
    Kind.READING_ALONE: STAFF,
    Kind.READING_OPENED: STAFF,
    Kind.READING_REFUSED: STAFF,
    Kind.ALERT: STAFF,  # only to whoever is called
    Kind.CASE_WITHOUT_ANYBODY: STAFF,  # to coordinators
    Kind.PASSWORD_RESET: TOLD,
    Kind.PASSWORD_CHANGED: STAFF,  # to oneself, whoever one is
}
HOME = (Audience.FAMILY, Audience.CHILD)
HOURS = (10, 16)  # twice on one day, each needed the same evening


def tell_twice(family: Family, person: Any, audience: Audience, kind: Kind, reply: bool) -> int:
    """How many letters reached this person on that day."""
    Notice.objects.all().delete()
    Letter.objects.all().delete()
    letters = 0
    for hour in HOURS:
        facts = {
            "start": at(19).isoformat(),
            "old_start": at(20).isoformat(),
            "mentor": "李文",
            "child": "沐阳",
        }
        facts |= {"slot": 67, "old_slot": 68, "role": "academic"}
        news = News(
            person=person.pk,
            audience=audience,
            kind=kind,
            about=f"thing:{hour}",
            child=family.child.pk,
            facts=facts,
            reply=reply,
            needed_by=at(19),
        )
        with transaction.atomic():
            outbox.tell([news], now=at(hour))
        letters += sum(each.to == [person.email] for each in work(at(hour)))
    return letters + sum(each.to == [person.email] for each in work(at(20.5)))


def expected(kind: Kind, reply: bool, quiet: bool) -> int:
    if TABLE[kind] == TOLD or reply:
        return len(HOURS)
    return 0 if quiet else 1


def test_the_table_names_every_kind_and_who_has_words_for_it() -> None:
    assert set(TABLE) == set(Kind)
    for kind in Kind:
        at_home = any(kind in TABLES[audience] for audience in HOME)
        assert at_home == (TABLE[kind] != STAFF), kind


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("audience", HOME)
def test_what_reaches_a_family_on_one_day(family: Family, audience: Audience, quiet: bool) -> None:
    if quiet:
        Child.objects.filter(pk=family.child.pk).update(quiet_since=at(9), quiet_reason="illness")
    person = family.parent if audience is Audience.FAMILY else family.child.user
    kinds = [kind for kind in Kind if kind in TABLES[audience]]
    assert len(kinds) >= 7
    found = {
        (kind, reply): tell_twice(family, person, audience, kind, reply)
        for kind, reply in product(kinds, (False, True))
    }
    assert found == {(kind, reply): expected(kind, reply, quiet) for kind, reply in found}


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("audience", [Audience.MENTOR, Audience.DUTY])
def test_what_is_for_mentors_and_who_is_called_is_not_rationed_and_not_stopped(
    family: Family, audience: Audience, quiet: bool
) -> None:
    if quiet:
        Child.objects.filter(pk=family.child.pk).update(quiet_since=at(9), quiet_reason="illness")
    for kind in TABLES[audience]:
        assert tell_twice(family, family.academic.user, audience, kind, False) == len(HOURS), kind
