"""A case opens with its audit row, is sealed and released by a lead, and the database keeps its fields in pairs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.audit.models import Entry
from backend.care.access import access_case, cases_for
from backend.care.alerts import ask_for_help, pass_on, raise_alert, take_case
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
from tests.care.on_duty import called
from tests.web.test_family import browser_of


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


def test_what_nobody_has_taken_waits_and_stands_before_what_is_closed(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    page = browser_of(lead).get(f"/cases/{alert.case_id}/").content.decode()
    assert "等人接" in page and "办理中" not in page
    take_case(actor=counsellor, case_id=alert.case_id)
    page = browser_of(lead).get(f"/cases/{alert.case_id}/").content.decode()
    assert "办理中" in page and "等人接" not in page
    ask_for_help(actor=family.child.user)  # once more, while it is looked after
    for path in (f"/cases/{alert.case_id}/", "/cases/"):
        page = browser_of(lead).get(path).content.decode()
        assert "等人接" in page and "办理中" not in page
    newer = [open_case_by_hand(actor=lead, child_id=family.child.pk, kind="other").pk for _each in range(2)]
    close_case(actor=lead, case_id=newer[1], outcome="settled")
    page = browser_of(lead).get("/cases/").content.decode()
    order = [page.index(f'href="/cases/{pk}/"') for pk in (newer[0], alert.case_id, newer[1])]
    assert order == sorted(order)


def test_passing_on_names_who_is_called_next_and_leaves_a_mark(family, counsellor, lead, second_lead):
    alert = ask_for_help(actor=family.child.user)
    case, duty = browser_of(counsellor), browser_of(lead)
    assert "转交" not in duty.get("/duty/standing/").content.decode()
    take_case(actor=counsellor, case_id=alert.case_id)
    form = case.get(f"/cases/{alert.case_id}/").content.decode()
    assert "何静" in form[form.index("接下来通知：") :].split("</p>")[0]
    assert "许岚" not in form[form.index("接下来通知：") :].split("</p>")[0]
    assert "转交" not in duty.get("/duty/standing/").content.decode()
    case.post(f"/cases/{alert.case_id}/pass-on/", {"note": "我要去接另一个孩子"})
    assert called(alert) == ["孙老师", "何静"]
    for path in ("/duty/standing/", "/"):
        assert ">转交<" in duty.get(path).content.decode()
    form = duty.get(f"/cases/{alert.case_id}/").content.decode()
    assert "许岚" in form[form.index("接下来通知：") :].split("</p>")[0]
    take_case(actor=lead, case_id=alert.case_id)
    assert ">转交<" not in duty.get("/duty/standing/").content.decode()
    for _rung in range(2):  # the second lead, everybody: then there is nobody after them
        form = duty.get(f"/cases/{alert.case_id}/").content.decode()
        assert "何静" not in form[form.index("接下来通知：") :].split("</p>")[0]
        pass_on(actor=lead, case_id=alert.case_id, note="请接着来")
        take_case(actor=lead, case_id=alert.case_id)
    form = duty.get(f"/cases/{alert.case_id}/").content.decode()
    assert "您后面没有人了" in form and "接下来通知" not in form


def test_the_telephones_lead_back_and_of_an_asking_nobody_asks_whether_it_was_right(family, counsellor, lead):
    alert = ask_for_help(actor=family.child.user)
    for user in (counsellor, lead):
        page = browser_of(user).post(f"/cases/{alert.case_id}/phones/").content.decode()
        assert f'class="up no-print"\n             href="/cases/{alert.case_id}/"' in page
    judged = f"/cases/{alert.case_id}/alerts/"
    assert judged not in browser_of(lead).get(f"/cases/{alert.case_id}/").content.decode()
    other = raise_alert(actor=None, child=family.child, kind="S1")
    assert (
        f"/cases/{other.case_id}/alerts/" in browser_of(lead).get(f"/cases/{other.case_id}/").content.decode()
    )
