"""Single-use ways in. The secret travels in the fragment of a link, so that no server log ever has it.

A family may type a short code instead, and must know a child's birth date besides; ten wrong dates end it.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.accounts.codes import as_typed, hashed, new_code, spaced
from backend.accounts.models import Invitation, User
from backend.accounts.passwords import check_new_password
from backend.accounts.throttling import ADDRESS, Place, count_try, tried, was_right
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell

STAFF_LASTS = timedelta(hours=24)
FAMILY_LASTS = timedelta(days=14)
SECRET_BYTES = 32
CODE_LENGTH = 8
WRONG_DATES = 10


class NoLongerValid(NotYours):
    """Wrong, used and expired look alike."""

    def __init__(self) -> None:
        super().__init__(_("This invitation is no longer valid. Ask for a new one."))


class WrongBirthDate(Invalid):
    code = "invitation.wrong_birth_date"


class LoginTaken(Conflict):
    code = "invitation.login_taken"


class NothingToInvite(Invalid):
    code = "invitation.no_such_person"


@dataclass(frozen=True, slots=True)
class WayIn:
    """What is shown once. code: only of families, as it is shown."""

    user: User
    secret: str
    code: str | None
    expires_at: datetime

    @property
    def link(self) -> str:
        """Path and fragment. A browser keeps a fragment to itself."""
        return f"/join#{self.secret}"


@transaction.atomic
def invite(*, actor: Any, user: User, kind: Invitation.Kind) -> WayIn:
    """A new way in for this person; earlier unused ones stop working.

    actor: None for the machine's own command, which makes the first coordinator. Somebody who was here
    before is told: it is how a forgotten password is reset, and nobody shall do it behind their back.
    """
    if actor is not None:
        check_may(actor, "person", "invite")
    if not user.is_active:
        raise NothingToInvite(_("This person's account is switched off."))
    way_in, made = _make(actor, [(user, kind)])[0]
    audit.record(actor, "person.invited", user, invitation=made.pk, kind=str(kind))
    if user.has_usable_password():
        about = f"invitation:{made.pk}"
        told = News(person=user.pk, audience=Audience.SELF, kind=Kind.PASSWORD_RESET, about=about)
        tell([told], now=made.made_at)
    return way_in


@transaction.atomic
def invite_newcomer(*, actor: Any, user: User) -> WayIn:
    """A way in to a family for somebody who was never here, so nobody's account is taken over by it.

    Who may make it knows the layer above, and has asked.
    """
    user = User.objects.select_for_update().get(pk=user.pk)  # who comes just now has come
    if not user.is_active or user.has_usable_password():
        raise NothingToInvite(_("They have come already. For a new way in please ask the coordinator."))
    way_in, made = _make(actor, [(user, Invitation.Kind.FAMILY)])[0]
    audit.record(actor, "person.invited", user, invitation=made.pk, kind=str(Invitation.Kind.FAMILY))
    return way_in


def end_unused(*, made_by: int, of: Any) -> None:
    """What this person made for these users, and nobody has used, ends. of: a queryset of their ids."""
    open_ones = Invitation.objects.filter(made_by=made_by, user__in=of, used_at=None)
    open_ones.update(used_at=timezone.now())


@transaction.atomic
def invite_newcomers(*, actor: Any, people: Iterable[tuple[User, Invitation.Kind]]) -> list[WayIn]:
    """Many at once, each as by `invite`, in one entry of the log. Whoever came meanwhile is left out."""
    check_may(actor, "person", "invite")
    new = [(user, kind) for user, kind in people if user.is_active and not user.has_usable_password()]
    made = _make(actor, new)
    audit.record(actor, "people.invited", invitations=[row.pk for _way_in, row in made])
    return [way_in for way_in, _row in made]


def _make(actor: Any, people: list[tuple[User, Invitation.Kind]]) -> list[tuple[WayIn, Invitation]]:
    now = timezone.now()
    ids = [user.pk for user, _kind in people]
    for start in range(0, len(ids), 500):
        open_ones = Invitation.objects.filter(used_at=None, expires_at__gt=now)
        open_ones.filter(user__in=ids[start : start + 500]).update(used_at=now)
    ways, rows = [], []
    for user, kind in people:
        staff = kind == Invitation.Kind.STAFF
        secret, code = secrets.token_urlsafe(SECRET_BYTES), None if staff else new_code(CODE_LENGTH)
        expires_at = now + (STAFF_LASTS if staff else FAMILY_LASTS)
        ways.append(WayIn(user, secret, spaced(code) if code else None, expires_at))
        rows.append(
            Invitation(
                user=user,
                kind=kind,
                secret_hash=_hash(secret),
                code_hash=hashed("invitation", code) if code else None,
                made_by=actor,
                made_at=now,
                expires_at=expires_at,
            )
        )
    return list(zip(ways, Invitation.objects.bulk_create(rows, batch_size=200), strict=True))


@transaction.atomic
def invite_coordinator(*, actor: Any, name: str, email: str, lead: bool = False) -> WayIn:
    """The coordinator with this address, made if there is none, and a way in for them.

    An account that exists is invited again only if it is a coordinator's: nobody is promoted by the way.
    """
    if actor is not None:
        check_may(actor, "person", "invite")
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(
            name=name, email=email, is_coordinator=True, is_safeguarding_lead=lead
        )
        audit.record(actor, "coordinator.added", user, lead=lead)
    elif not user.is_coordinator:
        raise Conflict(_("Somebody else has this address already."))
    return invite(actor=actor, user=user, kind=Invitation.Kind.STAFF)


def find(text: str, *, address: str = "") -> Invitation:
    """The invitation of this secret or code, or NoLongerValid; guesses from one address are slowed down."""
    places = [Place("invitation", address, ADDRESS, kept=True)]
    count_try(places)
    live = Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)
    same = Q(secret_hash=_hash(text.strip()))
    if len(typed := as_typed(text)) == CODE_LENGTH:
        same |= Q(code_hash=hashed("invitation", typed))
    found = live.filter(same).select_related("user").first()
    if found is None:
        raise NoLongerValid
    was_right(places)
    return found


def take_up(
    *,
    secret: str,
    password: str,
    login: str | None = None,
    born: date | None = None,
    births_of: Callable[[User], Iterable[date]] = lambda user: (),
    address: str = "",
) -> User:
    """Sets the password (and the sign-in name) and uses the invitation up. secret: or the code.

    login: what they will type; without it their present one, else their e-mail address or phone.
    born, births_of: a family's proof, and the birth dates of whom they belong to.
    Raises NoLongerValid, TooManyTries, WrongBirthDate, BadPassword or LoginTaken; after the last three the
    invitation stays good, but for the tenth wrong date.
    """
    found = find(secret, address=address)
    births = list(births_of(found.user))
    if found.kind != Invitation.Kind.STAFF:
        _check_birth_date(found, born, births)
    try:
        with transaction.atomic():
            return _take_up(found, password, login, births)
    except IntegrityError:
        raise LoginTaken(_("Somebody has this sign-in name already.")) from None


def _check_birth_date(found: Invitation, born: date | None, births: list[date]) -> None:
    places = [tried("birth date", found.pk)]
    count_try(places)
    if born is None or born not in births:
        found.wrong += 1
        found.used_at = timezone.now() if found.wrong >= WRONG_DATES else None
        with transaction.atomic():
            found.save(update_fields=["wrong", "used_at"])
            if found.used_at:
                audit.record(None, "invitation.spent", found)
        raise WrongBirthDate(_("That is not the birth date that we know. Check it, or ask the coordinator."))
    was_right(places)


def _take_up(found: Invitation, password: str, login: str | None, births: list[date]) -> User:
    user, child = found.user, found.kind == Invitation.Kind.CHILD
    name = (login or "").strip().lower() or user.login or user.email or user.phone
    if not name:
        raise Invalid(_("Choose a sign-in name."))
    if User.objects.filter(login=name).exclude(pk=user.pk).exists():
        raise LoginTaken(_("Somebody has this sign-in name already."))
    user.login = name  # a password like it is refused
    check_new_password(password, user, child=child, births=births)
    # Whoever writes used_at first has used it; the other is too late.
    now = timezone.now()
    if not Invitation.objects.filter(pk=found.pk, used_at=None, expires_at__gt=now).update(used_at=now):
        raise NoLongerValid
    had_one = user.has_usable_password()
    user.password = make_password(password)
    user.save(update_fields=["login", "password"])
    audit.record(user, "person.joined", user, invitation=found.pk)
    if had_one:
        about = f"invitation:{found.pk}"
        told = News(person=user.pk, audience=Audience.SELF, kind=Kind.PASSWORD_CHANGED, about=about)
        tell([told], now=now)
    return user


def _hash(secret: str) -> str:
    """The secret has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
