"""What the database itself refuses, whoever writes to it: one attempt for each constraint."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import Invitation, RecoveryCode, User
from backend.rosters.models import (
    Carer,
    Certificate,
    Child,
    ChildSlot,
    ChildSubject,
    Consent,
    Guardianship,
    KnownHeading,
    Mentor,
    MentorSlot,
    RosterUpload,
    SetAside,
    Teaching,
    WellbeingBand,
)

DAY = date(2020, 2, 17)
NOW = datetime(2020, 2, 17, tzinfo=UTC)


def _user(**fields: Any) -> User:
    return User.objects.create(name="x", **fields)


def _child(**fields: Any) -> Child:
    values = {
        "roster_id": "c", "name": "陈一", "call_name": "一", "grade": 5, "district_id": "370102",
        "birth_date": DAY, **fields,
    }  # fmt: skip
    return Child.objects.create(**({} if "user" in values else {"user": _user()}), **values)


def _mentor(**fields: Any) -> Mentor:
    values = {
        "roster_id": "m", "name": "高一", "capacity": 1, "district_id": "370102", "is_academic": True, **fields,
    }  # fmt: skip
    return Mentor.objects.create(user=_user(), **values)


def _twice(model: Any, **fields: Any) -> None:
    for _ in range(2):
        model.objects.create(**fields)


def _invitation(secret: str = "a", lasts: timedelta = timedelta(hours=1), **fields: Any) -> None:
    now = timezone.now()
    Invitation.objects.create(user=_user(), secret_hash=secret, made_at=now, expires_at=now + lasts, **fields)


def _consent(child: Child, **fields: Any) -> None:
    Consent.objects.create(child=child, source="paper", given_on=DAY, **fields)


def _guardian(child: Child, user: User, order: int = 1, **fields: Any) -> None:
    Guardianship.objects.create(child=child, guardian=user, order=order, **fields)


def _two_consents() -> None:
    child = _child()
    for _ in range(2):
        _consent(child)


def _upload(**fields: Any) -> RosterUpload:
    return RosterUpload.objects.create(file_name="x", content=b"", sha256="", uploaded_by=_user(), **fields)


def _aside(**fields: Any) -> None:
    upload = _upload(state="checked")
    SetAside.objects.create(upload=upload, kind="children", row=2, set_aside_at=NOW, **fields)


def _pairs_of(first: tuple[int, int], second: tuple[int, int]) -> Callable[[], None]:
    """Two guardianships of one child, as (guardian, order)."""

    def act() -> None:
        child, users = _child(), [_user(), _user()]
        for who, order in (first, second):
            _guardian(child, users[who], order)

    return act


def _two_subjects(second: tuple[str, int]) -> None:
    child = _child()
    for subject, rank in (("math", 0), second):
        ChildSubject.objects.create(child=child, subject_id=subject, rank=rank)


BROKEN: dict[str, Callable[[], Any]] = {
    "a_safeguarding_lead_is_a_coordinator": lambda: _user(is_safeguarding_lead=True),
    "a_phone_is_eleven_digits": lambda: _user(phone="1380013800"),
    "no_empty_login_or_email": lambda: _user(email=""),
    "staff_are_invited_without_a_code": lambda: _invitation(code_hash="b", kind="staff"),
    "a_recovery_code_stands_once": lambda: _twice(RecoveryCode, user=_user(), code_hash="a"),
    "an_invitation_expires_after_it_is_made": lambda: _invitation(lasts=timedelta(0)),
    "a_grade_is_1_to_12": lambda: _child(grade=13),
    "a_priority_is_0_to_3": lambda: _child(priority=4),
    "a_child_has_an_id": lambda: _child(roster_id=""),
    "a_quiet_family_has_a_reason": lambda: _child(quiet_since=NOW),
    "a_child_wants_a_subject_once": lambda: _two_subjects(("math", 1)),
    "a_child_s_subjects_are_in_order": lambda: _two_subjects(("english", 0)),
    "a_child_slot_stands_once": lambda: _twice(ChildSlot, child=_child(), slot=19),
    "a_child_slot_is_in_the_week": lambda: ChildSlot.objects.create(child=_child(), slot=168),
    "a_guardian_is_linked_once": _pairs_of((0, 1), (0, 2)),
    "guardians_are_in_order": _pairs_of((0, 1), (1, 1)),
    "a_changed_guardianship_has_a_reason": lambda: _guardian(_child(), _user(), status="suspended"),
    "one_standing_consent_per_child": _two_consents,
    "a_consent_is_withdrawn_after_it_is_given": lambda: _consent(
        _child(), withdrawn_on=DAY - timedelta(days=1)
    ),
    "who_withdrew_a_consent_did_so_on_a_day": lambda: _consent(_child(), withdrawn_by=_user()),
    "a_guardian_who_withdrew_sees_nothing": lambda: _guardian(_child(), _user(), withdrew_at=NOW),
    "a_mentor_has_a_role": lambda: _mentor(is_academic=False),
    "a_mentor_has_an_id": lambda: _mentor(roster_id=""),
    "a_mentor_slot_stands_once": lambda: _twice(MentorSlot, mentor=_mentor(), slot=19),
    "a_mentor_slot_is_in_the_week": lambda: MentorSlot.objects.create(mentor=_mentor(), slot=168),
    "a_teaching_stands_once": lambda: _twice(Teaching, mentor=_mentor(), subject_id="math", low=1, high=2),
    "a_teaching_has_a_grade_band": lambda: Teaching.objects.create(
        mentor=_mentor(), subject_id="math", low=3, high=2
    ),
    "a_wellbeing_band_stands_once": lambda: _twice(WellbeingBand, mentor=_mentor(), low=1, high=2),
    "a_wellbeing_band_has_grades": lambda: WellbeingBand.objects.create(mentor=_mentor(), low=0, high=2),
    "a_certificate_kind_stands_once": lambda: _twice(Certificate, mentor=_mentor(), kind="x"),
    "a_certificate_has_a_kind": lambda: Certificate.objects.create(mentor=_mentor(), kind=""),
    "a_taken_upload_has_its_time": lambda: _upload(state="taken"),
    "a_forgotten_upload_is_closed": lambda: _upload(state="checked", forgotten_at=NOW),
    "a_heading_means_one_column": lambda: _twice(
        KnownHeading, kind="children", heading="学号", column="name"
    ),
    "a_known_heading_means_something": lambda: KnownHeading.objects.create(
        kind="children", heading="学号", column=""
    ),
    "a_row_is_set_aside_once": lambda: _twice(
        SetAside, upload=_upload(state="checked"), kind="children", row=2, set_aside_at=NOW
    ),
    "a_closed_row_says_how_it_ended": lambda: _aside(closed_at=NOW),
    "a_row_is_closed_after_it_was_set_aside": lambda: _aside(
        closed_at=NOW - timedelta(days=1), end="dismissed"
    ),
}
UNIQUE: dict[str, Callable[[], Any]] = {
    "login": lambda: [_user(login="a") for _ in range(2)],
    "phone": lambda: [_user(phone="13800138000") for _ in range(2)],
    "email": lambda: [_user(email="a@example.invalid") for _ in range(2)],
    "secret": lambda: [_invitation() for _ in range(2)],
    "child id": lambda: [_child() for _ in range(2)],
    "mentor id": lambda: [_mentor() for _ in range(2)],
    "one carer a child": lambda: _twice(Carer, child=_child(), user=_user()),
    "one child a user": lambda: [_child(roster_id=str(n), user=User.objects.get()) for n in range(2)],
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BROKEN[name]()
    # SQLite names a broken unique constraint by its columns only.
    assert name in str(refused.value) or "UNIQUE constraint failed" in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize("name", UNIQUE)
def test_one_of_a_kind(name: str) -> None:
    if name == "one child a user":
        _user()
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        UNIQUE[name]()


def test_every_constraint_is_tried() -> None:
    models = [model for app in ("accounts", "rosters") for model in apps.get_app_config(app).get_models()]
    assert {one.name for model in models for one in model._meta.constraints} == set(BROKEN)
