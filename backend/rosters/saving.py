"""One roster row into the database, writing only what differs. Used by the import and by hand alike.

A column that the file does not have changes nothing. An empty cell clears its column, except for what only
an act of its own may undo: parents, carer, certificates and consent.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.as_cells import values_of, without_defaults
from backend.rosters.models import (
    Carer,
    Certificate,
    Child,
    ChildSlot,
    ChildSubject,
    Consent,
    Guardianship,
    Mentor,
    MentorSlot,
    Teaching,
    WellbeingBand,
)
from backend.rosters.newcomers import Newcomers
from backend.rosters.reading.rows import Row
from backend.rosters.surnames import given_name

PLACES = (1, 2)  # of a child's parents; links behind them have ended
STAYS_WHEN_EMPTY = frozenset(
    [f"{who}_{what}" for who in ("parent", "parent2", "carer") for what in ("name", "phone", "email")]
    + ["carer_relation", "certificate", "consent_date", "phone", "email"]
)


def normal(row: Row, districts: Mapping[str, str], mentor_ids: frozenset[str]) -> dict[str, Any]:
    """The row's values in the one form that values_of gives too, so that the two can be compared.

    mentor_ids: those whom a previous_… cell may name; others are dropped.
    """
    values = dict(row.values)
    values["district"] = districts.get(values.get("district", ""), "")
    for column in ("teaches", "wellbeing_grades", "certificate"):
        if column in values:
            values[column] = tuple(sorted(values[column]))
    for column in ("previous_academic", "previous_wellbeing"):
        if values.get(column) not in mentor_ids:
            values.pop(column, None)
    return without_defaults(values)


def changed_columns(row: Row, values: Mapping[str, Any], person: Child | Mentor) -> list[str]:
    """Columns of the row that would change the person, in the order of the format."""
    here = values_of(person)
    found = []
    for column in row.columns:
        new, old = values.get(column), here.get(column)
        if new is None and column in STAYS_WHEN_EMPTY:
            continue
        if column == "consent_date" and was_withdrawn(person, new):
            continue
        if column == "certificate" and set(new) <= set(old or ()):
            continue
        if new != old:
            found.append(column)
    return found


def was_withdrawn(person: Child | Mentor | None, given_on: date | None) -> bool:
    """A paper from before the family withdrew, or of that day, is no new consent."""
    if not isinstance(person, Child) or given_on is None:
        return False
    return any(each.withdrawn_on and each.withdrawn_on >= given_on for each in person.consents.all())


def save_mentor(
    *, actor: Any, row: Row, values: Mapping[str, Any], known: Mentor | None, newcomers: Newcomers
) -> tuple[Mentor, list[str]]:
    """The mentor, and which columns changed (all, for a new one, whose hours and the like wait in ``newcomers``)."""
    changed = changed_columns(row, values, known) if known else list(row.columns)
    fields = {
        "name": values["name"],
        "is_academic": "academic" in values["roles"],
        "is_wellbeing": "wellbeing" in values["roles"],
        "capacity": values["capacity"],
        "district_id": values["district"],
        "gender": values.get("gender", ""),
        "vetted_until": values.get("vetted_until"),
    }
    if known is None:
        user = person_of(values["name"], values.get("phone"), values.get("email"))
        mentor = Mentor.objects.create(roster_id=values["mentor_id"], user=user, **fields)
        newcomers.add_mentor(mentor, values, actor)
        return mentor, changed
    mentor = known
    _update(mentor, _within(row, fields, {"is_academic": "roles", "is_wellbeing": "roles"}))
    contact = {column: values[column] for column in ("phone", "email", "name") if values.get(column)}
    _update_account(mentor.user, contact)
    _set_slots(MentorSlot, "mentor", mentor, values["availability"], changed)
    if "teaches" in changed:
        mentor.teachings.all().delete()
        Teaching.objects.bulk_create(
            Teaching(mentor=mentor, subject_id=subject, low=low, high=high)
            for subject, low, high in values.get("teaches", ())
        )
    if "wellbeing_grades" in changed:
        mentor.wellbeing_bands.all().delete()
        WellbeingBand.objects.bulk_create(
            WellbeingBand(mentor=mentor, low=low, high=high)
            for low, high in values.get("wellbeing_grades", ())
        )
    if "certificate" in changed:
        held = set(mentor.certificates.values_list("kind", flat=True))
        Certificate.objects.bulk_create(
            Certificate(mentor=mentor, kind=kind, checked_by=actor, checked_on=timezone.localdate())
            for kind in values.get("certificate", ())
            if kind not in held
        )
    return mentor, changed


def save_child(
    *,
    actor: Any,
    row: Row,
    values: Mapping[str, Any],
    known: Child | None,
    mentors: Mapping[str, Mentor],
    newcomers: Newcomers,
) -> tuple[Child, list[str]]:
    """The child, and which columns changed (all, for a new one, as `save_mentor`). mentors: by roster id."""
    changed = changed_columns(row, values, known) if known else list(row.columns)
    fields = {
        "name": values["name"],
        "call_name": values.get("call_name") or given_name(values["name"]),
        "grade": values["grade"],
        "school_system": values.get("school_system", "6-3"),
        "district_id": values["district"],
        "gender": values.get("gender", ""),
        "preferred_mentor_gender": values.get("preferred_mentor_gender", ""),
        "priority": values.get("priority", 0),
        "previous_academic": mentors.get(values.get("previous_academic", "")),
        "previous_wellbeing": mentors.get(values.get("previous_wellbeing", "")),
        "needs": values.get("needs", ""),
        "birth_date": values["birth_date"],
        "address": values.get("address", ""),
    }
    if known is None:
        user = person_of(values["name"])
        child = Child.objects.create(roster_id=values["child_id"], user=user, **fields)
        newcomers.add_child(child, values, actor)
        newcomers.add_family(child, _parents(values, changed), _carer(values, changed))
        return child, changed
    child = known
    default_name = child.call_name == given_name(child.name)
    kept = _within(row, fields, {"call_name": "name"} if default_name else {})
    _update(child, kept)
    if "name" in changed:
        _update(child.user, {"name": values["name"]})
    _set_slots(ChildSlot, "child", child, values["availability"], changed)
    if "subjects" in changed:
        child.wanted.all().delete()
        ChildSubject.objects.bulk_create(
            ChildSubject(child=child, subject_id=subject, rank=rank)
            for rank, subject in enumerate(values["subjects"])
        )
    _save_consent(actor, child, values, changed)
    _save_family(child, values, changed)
    return child, changed


def person_of(name: str, phone: str | None = None, email: str | None = None) -> User:
    """The person with this phone or address, or a new one who can't sign in until invited."""
    known = User.objects.filter(phone=phone).first() if phone else None
    known = known or (User.objects.filter(email=email).first() if email else None)
    if known is None:
        return User.objects.create(name=name, phone=phone, email=email, password=make_password(None))
    given = {"name": name, "phone": phone, "email": email}
    _update_account(known, {column: value for column, value in given.items() if value})
    return known


def _update_account(user: User, values: Mapping[str, Any]) -> None:
    """Whoever works for the programme is reached where they said, whatever a row says."""
    if not user.is_coordinator:
        _update(user, values)


def _within(row: Row, fields: Mapping[str, Any], of: Mapping[str, str]) -> dict[str, Any]:
    """Only the fields whose column the file has. of: column by field, where the two differ in name."""
    return {
        name: value
        for name, value in fields.items()
        if name.removesuffix("_id") in row.columns or of.get(name) in row.columns
    }


def _update(row: Any, values: Mapping[str, Any]) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed and hasattr(row, "updated_at"):
        changed.append("updated_at")
    if changed:
        row.save(update_fields=changed)


def _set_slots(model: Any, owner: str, person: Any, wanted: frozenset[int], changed: list[str]) -> None:
    """Adds and removes single hours, so that those that stay keep their rows."""
    if "availability" not in changed:
        return
    here = set(model.objects.filter(**{owner: person}).values_list("slot", flat=True))
    model.objects.filter(**{owner: person}, slot__in=here - wanted).delete()
    model.objects.bulk_create(model(**{owner: person}, slot=slot) for slot in sorted(wanted - here))


def _save_consent(actor: Any, child: Child, values: Mapping[str, Any], changed: list[str]) -> None:
    """A first consent, or the corrected date of the one that stands."""
    if "consent_date" not in changed or not values.get("consent_date"):
        return
    standing = child.consents.filter(withdrawn_on=None).first()
    if standing:
        _update(standing, {"given_on": values["consent_date"]})
    else:
        Consent.objects.create(
            child=child, source=Consent.Source.PAPER, given_on=values["consent_date"], recorded_by=actor
        )


def _save_family(child: Child, values: Mapping[str, Any], changed: list[str]) -> None:
    for order, guardian in _parents(values, changed):
        _link_guardian(child, order, guardian)
    for user, relation in _carer(values, changed):
        Carer.objects.update_or_create(child=child, defaults={"user": user, "relation": relation})


def _parents(values: Mapping[str, Any], changed: list[str]) -> Iterator[tuple[int, User]]:
    for order, prefix in ((1, "parent"), (2, "parent2")):
        phone = values.get(f"{prefix}_phone")
        if phone and any(column.startswith(f"{prefix}_") for column in changed):
            email = values.get(f"{prefix}_email")
            yield order, person_of(values.get(f"{prefix}_name", ""), phone, email)


def _carer(values: Mapping[str, Any], changed: list[str]) -> Iterator[tuple[User, str]]:
    if values.get("carer_phone") and any(column.startswith("carer_") for column in changed):
        user = person_of(values.get("carer_name", ""), values["carer_phone"])
        yield user, values.get("carer_relation", "")


def _link_guardian(child: Child, order: int, guardian: User) -> None:
    """Makes this person the first or second parent; parents who only change places keep their links.

    Whoever comes into another's place comes with a link of their own, and the other's ends.
    """
    Child.objects.select_for_update().get(pk=child.pk)  # as whoever changes a link
    links = {link.order: link for link in child.guardianships.select_for_update()}
    here = links.get(order)
    own = next((link for link in links.values() if link.guardian_id == guardian.pk), None)
    if own is not None and own is here:
        return
    behind = max([2, *links]) + 1
    if own is not None and own.order in PLACES:
        was = own.order
        _update(own, {"order": behind})
        if here is not None:
            _update(here, {"order": was})
        _update(own, {"order": order})
        return
    kept = {}
    if here is not None:
        if here.guardian.name == guardian.name:  # with another number, most likely
            kept = {"status": here.status, "status_reason": here.status_reason}
        _end_link(here, behind)
    if own is not None:
        _update(own, {"order": order})
        return
    Guardianship.objects.create(child=child, order=order, guardian=guardian, **kept)


def _end_link(link: Guardianship, behind: int) -> None:
    """What was taken from somebody stays taken, also from them as the child's carer; nothing else is left."""
    if link.status == Guardianship.Status.ACTIVE:
        link.delete()
    else:
        suspended = Guardianship.Status.SUSPENDED
        _update(link, {"order": behind, "status": suspended, "withdrew_at": None})
