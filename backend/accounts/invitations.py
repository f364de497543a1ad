"""Single-use ways in. The secret travels in the fragment of a link, so that no server log ever has it."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.access import check_may
from backend.accounts.models import Invitation, User
from backend.audit import log as audit
from backend.errors import Conflict, Invalid, NotYours
from backend.notices.kinds import Audience, Kind
from backend.notices.outbox import News, tell

STAFF_LASTS = timedelta(hours=24)
FAMILY_LASTS = timedelta(days=14)
SECRET_BYTES = 32


class NoLongerValid(NotYours):
    """Wrong, used and expired look alike."""

    def __init__(self) -> None:
        super().__init__(_("This invitation is no longer valid. Ask for a new one."))


class BadPassword(Invalid):
    """facts["problems"]: sentences about the password."""

    code = "invitation.bad_password"


class LoginTaken(Conflict):
    code = "invitation.login_taken"


class NothingToInvite(Invalid):
    code = "invitation.no_such_person"


@transaction.atomic
def invite(*, actor: Any, user: User, staff: bool) -> str:
    """A new secret for this person, shown once; earlier unused ones stop working.

    staff: the invitation lasts a day, else (families) two weeks.  actor: None for the machine's own
    command, which makes the first coordinator.
    """
    if actor is not None:
        check_may(actor, "person", "invite")
    if not user.is_active:
        raise NothingToInvite(_("This person's account is switched off."))
    now = timezone.now()
    user.invitations.filter(used_at=None, expires_at__gt=now).update(used_at=now)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    made = Invitation.objects.create(
        user=user,
        kind=Invitation.Kind.STAFF if staff else Invitation.Kind.FAMILY,
        secret_hash=_hash(secret),
        made_by=actor,
        made_at=now,
        expires_at=now + (STAFF_LASTS if staff else FAMILY_LASTS),
    )
    audit.record(actor, "person.invited", user, invitation=made.pk, staff=staff)
    return secret


@transaction.atomic
def invite_coordinator(*, actor: Any, name: str, email: str, lead: bool = False) -> tuple[User, str]:
    """The coordinator with this address, made if there is none, and the secret of an invitation.

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
    return user, invite(actor=actor, user=user, staff=True)


def peek(secret: str) -> User | None:
    """Whom a secret would let in, for the page that greets them; None when it would not."""
    found = _open().filter(secret_hash=_hash(secret)).select_related("user").first()
    return found.user if found else None


def take_up(*, secret: str, password: str, login: str | None = None) -> User:
    """Sets the password (and the sign-in name) and uses the invitation up. Raises NoLongerValid,
    BadPassword (the invitation then stays good) or LoginTaken.

    login: what they will type; without it their present one, else their e-mail address or phone.
    """
    try:
        with transaction.atomic():
            return _take_up(secret, password, login)
    except IntegrityError:
        raise LoginTaken(_("Somebody has this sign-in name already.")) from None


def _take_up(secret: str, password: str, login: str | None) -> User:
    found = _open().filter(secret_hash=_hash(secret)).select_related("user").first()
    if found is None:
        raise NoLongerValid
    user = found.user
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadPassword(_("Choose another password."), problems=list(error.messages)) from None
    name = (login or "").strip().lower() or user.login or user.email or user.phone
    if not name:
        raise Invalid(_("Choose a sign-in name."))
    if User.objects.filter(login=name).exclude(pk=user.pk).exists():
        raise LoginTaken(_("Somebody has this sign-in name already."))
    # Whoever writes used_at first has used it; the other is too late.
    if not _open().filter(pk=found.pk).update(used_at=timezone.now()):
        raise NoLongerValid
    had_one = user.has_usable_password()
    user.login, user.password = name, make_password(password)
    user.save(update_fields=["login", "password"])
    audit.record(user, "person.joined", user, invitation=found.pk)
    if had_one:
        about = f"invitation:{found.pk}"
        told = News(person=user.pk, audience=Audience.SELF, kind=Kind.PASSWORD_CHANGED, about=about)
        tell([told], now=timezone.now())
    return user


def fragment(secret: str) -> str:
    """The end of an invitation's link. A browser keeps a fragment to itself."""
    return f"/join#{secret}"


def _open() -> Any:
    live = Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now())
    return live.filter(user__is_active=True)


def _hash(secret: str) -> str:
    """The secret has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
