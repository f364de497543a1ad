"""After the password: a second step for those who see the most, and only then a session.

Until the second step is done nobody is signed in; what is pending stands in the browser's session, and every
door is shut by itself. The only code that signs anybody in, but for the demonstration's door.
"""

import hashlib
import secrets
import time
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from backend.accounts import authenticators, devices, sessions
from backend.accounts.models import User
from backend.accounts.sessions import Standing
from backend.accounts.throttling import count_try, tried, was_right
from backend.audit import log as audit
from backend.errors import NOT_SIGNED_IN, OVERLOADED, Refusal

PENDING = "second_step"
LASTS = 15 * 60  # seconds from the password to the code


class Step(StrEnum):
    APP = "app"
    MAIL = "mail"
    SET_UP = "set_up"


class NothingPending(Refusal):
    kind, code = NOT_SIGNED_IN, "session.nothing_pending"

    def __init__(self) -> None:
        super().__init__(_("This took too long. Sign in again."))


class NoMail(Refusal):
    kind, code = OVERLOADED, "session.no_mail"

    def __init__(self) -> None:
        super().__init__(_("The e-mail with the code could not be sent. Try again in some minutes."))


def step_due(request: HttpRequest, user: User, standing: Standing) -> Step | None:
    known = standing is not Standing.COORDINATOR and devices.is_known(request, user)
    if settings.SECOND_STEP == "off" or known:
        return None
    if hasattr(user, "authenticator"):
        return Step.APP
    if settings.SECOND_STEP == "optional":
        return None
    match standing:
        case Standing.COORDINATOR:
            return Step.SET_UP
        case Standing.MENTOR:
            return Step.MAIL if user.email else Step.SET_UP
    return None


def begin(request: HttpRequest, user: User, standing: Standing) -> Step | None:
    """Signs in, or says which step is due first. Call it with who has shown a password or an invitation."""
    step = step_due(request, user, standing)
    if step is None:
        _let_in(request, user, standing)
        return None
    logout(request)
    request.session[PENDING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "standing": standing,
        "step": step,
        "until": int(time.time()) + LASTS,
    }
    request.session.set_expiry(LASTS)
    if step is Step.SET_UP:
        request.session[PENDING]["seed"] = authenticators.new_seed()
    if step is Step.MAIL:
        mail_code(request)
    return step


def pending(request: HttpRequest) -> tuple[User, Step] | None:
    """Who has shown their password and what is due; None after a while, or when the password changed."""
    held = request.session.get(PENDING)
    if held is None or held["until"] < time.time():
        return None
    user = User.objects.filter(pk=held["user"], is_active=True).first()
    if user is None or not constant_time_compare(held["hash"], user.get_session_auth_hash()):
        return None
    return user, Step(held["step"])


def seed_of(request: HttpRequest) -> str:
    return str(request.session[PENDING]["seed"])


def mail_code(request: HttpRequest) -> None:
    """A new code by e-mail; an earlier one stops working."""
    found = pending(request)
    if found is None or found[1] is not Step.MAIL:
        raise NothingPending
    user = found[0]
    count_try([tried("mail", user.pk)])
    code = f"{secrets.randbelow(10**6):06}"
    request.session[PENDING] = {**request.session[PENDING], "code": _hash(code)}
    with translation.override(user.language):
        subject = _("Shuangdao: your code to sign in")
        body = _(
            "Your code: %(code)s\n\nIt works for %(minutes)d minutes, in the browser where you are signing in. "
            "Give it to nobody, us included. If it is not you who is signing in, change your password."
        ) % {"code": code, "minutes": LASTS // 60}
    try:
        send_mail(subject, body + "\n", None, [str(user.email)])
    except OSError:  # every failure of smtplib and of sockets
        raise NoMail from None


def finish(request: HttpRequest, code: str) -> list[str]:
    """Signs in with the code that was due. Returns recovery codes if an app was set up, else nothing.

    Raises NothingPending, WrongCode or TooManyTries.
    """
    found = pending(request)
    if found is None:
        raise NothingPending
    user, step = found
    held = request.session[PENDING]
    places = [tried("code", user.pk)]
    count_try(places)
    recovery: list[str] = []
    match step:
        case Step.SET_UP:
            recovery = authenticators.set_up(user=user, seed=held["seed"], code=code)
            right = True
        case Step.APP:
            right = authenticators.use_code(user=user, code=code)
        case Step.MAIL:
            right = constant_time_compare(held.get("code", ""), _hash(code.strip()))
    if not right:
        raise authenticators.WrongCode
    was_right(places)
    del request.session[PENDING]
    _let_in(request, user, Standing(held["standing"]), step=step)
    return recovery


def _let_in(request: Any, user: User, standing: Standing, step: Step | None = None) -> None:
    with transaction.atomic():
        login(request, user, backend="backend.accounts.backend.Slowed")
        sessions.keep(request, standing)
        audit.record(user, "person.signed_in", user, step=step or "")
    request.signed_in_now = user


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
