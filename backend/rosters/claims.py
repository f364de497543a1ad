"""Whether a phone or an e-mail address in a roster can belong to the person it stands with.

The reader knows the file; this knows who is here already. Two people can't share one, on either side; and
whoever works for the programme is made nobody's family by a row, nor reached at another address.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.rows import Problem, RosterFile, Row

CONTACT = ("name", "phone", "email")
PEOPLE = (("parent_", 1), ("parent2_", 2), ("carer_", 0))


def claim_problems(read: RosterFile) -> list[Problem]:
    """Cells that would give one person's phone or address to another."""
    phones, emails = _users(read)
    mentors = {mentor.roster_id: mentor for mentor in Mentor.objects.select_related("user")}
    mentor_of = {mentor.user_id: mentor.roster_id for mentor in mentors.values()}
    family = _family()
    problems: list[Problem] = []
    for row in read.mentors:
        known = mentors.get(row.get("mentor_id"))
        account = known.user if known else phones.get(row.get("phone")) or emails.get(row.get("email"))
        problems.extend(_of_staff(row, account, {"phone": "phone", "email": "email"}))
        for column, users in (("phone", phones), ("email", emails)):
            user = users.get(row.get(column))
            if user is None or (known and user.pk == known.user_id):
                continue
            elsewhere = known is not None or mentor_of.get(user.pk, row.get("mentor_id")) != row.get(
                "mentor_id"
            )
            if elsewhere or user.name != row.get("name"):
                problems.append(_taken(row, column, user))
    for row in read.children:
        own = family.get(row.get("child_id"), set())
        for prefix, _order in PEOPLE:
            by_phone = phones.get(row.get(f"{prefix}phone"))
            if by_phone and by_phone.pk not in own and by_phone.name != row.get(f"{prefix}name", ""):
                problems.append(_taken(row, f"{prefix}phone", by_phone))
            by_email = emails.get(row.get(f"{prefix}email"))
            person, found_by = (by_phone, "phone") if by_phone else (by_email, "email")
            if person and person.is_coordinator and person.pk not in own:
                problems.append(_works_here(row, f"{prefix}{found_by}"))
                continue
            problems.extend(_of_staff(row, person, {f"{prefix}{what}": what for what in CONTACT}))
            if by_email and by_email != by_phone and by_email.phone is not None:
                problems.append(_taken(row, f"{prefix}email", by_email))
    return problems


def _users(read: RosterFile) -> tuple[dict[Any, User], dict[Any, User]]:
    """Those here already who have a phone or address of the file."""
    columns = [f"{prefix}{what}" for prefix, _order in PEOPLE for what in ("phone", "email")]
    named = set(_values(read.children, columns)) | set(_values(read.mentors, ["phone", "email"]))
    found = User.objects.filter(Q(phone__isnull=False) | Q(email__isnull=False))
    rows = [user for user in found if user.phone in named or user.email in named]
    return {user.phone: user for user in rows if user.phone}, {u.email: u for u in rows if u.email}


def _values(rows: Iterable[Row], columns: list[str]) -> Iterable[str]:
    return (row.get(column) for row in rows for column in columns if row.get(column))


def _family() -> dict[str, set[int]]:
    """User ids of parents and carer, by the child's roster id."""
    found: dict[str, set[int]] = {}
    for path in ("guardianships__guardian", "carer__user"):
        for child, user in Child.objects.exclude(**{path: None}).values_list("roster_id", path):
            found.setdefault(child, set()).add(user)
    return found


def _of_staff(row: Row, account: User | None, columns: dict[str, str]) -> list[Problem]:
    """Cells that would change somebody's account who works for the programme. columns: and what they change."""
    if account is None or not account.is_coordinator:
        return []
    cells = [(column, row.get(column)) for column in columns]
    other = [column for column, text in cells if text and text != getattr(account, columns[column])]
    wrong, expected = (
        _("this person works for the programme: their account is not changed here"),
        _("as it is in their account, or an empty cell"),
    )
    return [Problem(row.file, row.number, column, wrong, expected) for column in other]


def _works_here(row: Row, column: str) -> Problem:
    wrong = _("this belongs to somebody who works for the programme")
    return Problem(row.file, row.number, column, wrong, _("another number or address of the family"))


def _taken(row: Row, column: str, user: User) -> Problem:
    wrong = _("%(name)s has this already") % {"name": user.name}
    return Problem(row.file, row.number, column, wrong, _("this person's own, or the name it stands with"))
