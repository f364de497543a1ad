"""A case opens with its audit row, is sealed and released by a lead, and the database keeps its fields in pairs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.audit.models import Entry
from backend.care.access import access_case, cases_for
from backend.care.cases import (
    CaseClosed,
    NotSealed,
    close_case,
    open_case,
    open_case_by_hand,
    release_case,
    seal_case,
)
from backend.care.families import stop_asked, stop_is_asked
from backend.care.models import Case
from backend.errors import Invalid, NotYours
from backend.web.care_forms import CaseForm


def test_a_case_opens_with_its_row_in_the_log(family):
    due = timezone.now() + timedelta(hours=24)
    case = open_case(
        actor=family.parent, child_id=family.child.pk, kind=Case.Kind.GUARDIANS_DISAGREE, due_at=due
    )
    assert (case.opened_by, case.due_at, case.owner, case.is_sealed) == (family.parent, due, None, False)
    entry = Entry.objects.get(action="case.opened")
    assert (entry.actor_id, entry.object_id) == (family.parent.pk, str(case.pk))
    assert entry.facts == {"kind": "guardians_disagree", "sealed": False}


def test_an_unwritten_log_leaves_no_case(family, monkeypatch):
    def fail(*_args, **_facts):
        raise RuntimeError

    monkeypatch.setattr("backend.care.cases.audit.record", fail)
    with pytest.raises(RuntimeError):
        open_case(actor=None, child_id=family.child.pk, kind=Case.Kind.OTHER)
    assert not Case.objects.exists()


def test_abuse_is_sealed_from_the_first_moment_until_a_lead_releases_it(family, lead):
    case = open_case(actor=None, child_id=family.child.pk, kind=Case.Kind.ABUSE)
    assert case.is_sealed and case.sealed_at == case.opened_at
    assert list(Case.objects.sealed()) == [case]
    close_case(actor=lead, case_id=case.pk, outcome="passed_on")
    assert list(Case.objects.sealed()) == [case] and not Case.objects.standing().exists()
    release_case(actor=lead, case_id=case.pk)
    assert not Case.objects.sealed().exists()
    with pytest.raises(NotSealed):
        release_case(actor=lead, case_id=case.pk)
    seal_case(actor=lead, case_id=case.pk)
    assert list(Case.objects.sealed()) == [case]
    assert list(Entry.objects.filter(object_type="care.case").values_list("action", flat=True)) == [
        "case.opened",
        "case.closed",
        "case.released",
        "case.sealed",
    ]


def test_a_case_closes_once_and_with_an_outcome(family, lead):
    case = open_case(actor=None, child_id=family.child.pk, kind=Case.Kind.OTHER)
    with pytest.raises(Invalid):
        close_case(actor=lead, case_id=case.pk, outcome="")
    close_case(actor=lead, case_id=case.pk, outcome="settled")
    with pytest.raises(CaseClosed):
        close_case(actor=lead, case_id=case.pk, outcome="settled")


def test_only_leads_get_at_cases(family, lead):
    case = open_case(actor=family.parent, child_id=family.child.pk, kind=Case.Kind.OTHER)
    assert access_case(lead, case.pk) == case and list(cases_for(lead)) == [case]
    others = (family.coordinator, family.parent, family.carer, family.child.user, family.academic.user)
    for other in (*others, family.stranger):
        assert not cases_for(other).exists()
        for use_case in (access_case, seal, release, close):
            with pytest.raises(NotYours):
                use_case(other, case.pk)


def seal(actor, pk):
    seal_case(actor=actor, case_id=pk)


def release(actor, pk):
    release_case(actor=actor, case_id=pk)


def close(actor, pk):
    close_case(actor=actor, case_id=pk, outcome="settled")


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a_case_is_of_a_known_kind", {"kind": "rumour"}),
        ("a_case_of_abuse_is_sealed", {"kind": "abuse"}),
        ("only_a_sealed_case_is_released", {"released_at": HOUR}),
        ("only_a_sealed_case_is_released", {"sealed_at": HOUR, "released_at": HOUR / 2}),
        ("a_case_is_due_after_it_opens", {"due_at": -HOUR}),
        ("a_closed_case_says_with_what_outcome", {"closed_at": HOUR}),
        ("a_closed_case_says_with_what_outcome", {"outcome": "settled"}),
        ("a_closed_case_says_with_what_outcome", {"closed_at": HOUR, "outcome": "vanished"}),
        ("a_closed_case_says_with_what_outcome", {"closed_at": -HOUR, "outcome": "settled"}),
    ],
)
def test_the_database_refuses_half_a_case(family, name, fields):
    now = timezone.now()
    given = {key: now + value if isinstance(value, timedelta) else value for key, value in fields.items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Case.objects.create(**{"child": family.child, "kind": "other", "opened_at": now} | given)


def test_that_a_child_asks_to_stop_only_the_child_can_say(family, lead):
    with pytest.raises(Invalid):
        open_case_by_hand(actor=lead, child_id=family.child.pk, kind="stop_asked")
    open_case(actor=lead, child_id=family.child.pk, kind=Case.Kind.STOP_ASKED)  # as it could be before
    assert not stop_is_asked(family.child)
    stop_asked(None, child=family.child, actor=family.child.user, now=timezone.now())
    assert stop_is_asked(family.child)
    stop_asked(None, child=family.child, actor=family.child.user, now=timezone.now())
    assert Case.objects.filter(opened_by=family.child.user).count() == 1


def test_a_lead_is_not_offered_the_child_s_own_asking(family, lead, client):
    client.force_login(lead)
    assert "stop_asked" not in dict(CaseForm(people=[]).fields["kind"].choices)
    given = {"child": family.child.pk, "kind": "stop_asked"}
    assert client.post("/api/v1/cases/", given, content_type="application/json").status_code == 400
    assert not Case.objects.exists()
