"""The second factor of those who see the most: codes of an app (TOTP, RFC 6238), and codes for the day it is lost."""

import base64
import secrets
from datetime import datetime
from typing import Any

import pyotp
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from backend.accounts.codes import as_typed, hashed, new_code, spaced
from backend.accounts.models import Authenticator, RecoveryCode, User
from backend.audit import log as audit
from backend.errors import NOT_SIGNED_IN, Refusal

ISSUER = "Shuangdao"
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12


class WrongCode(Refusal):
    kind, code = NOT_SIGNED_IN, "session.wrong_code"

    def __init__(self) -> None:
        super().__init__(_("This code is not right. Take the newest one."))


def new_seed() -> str:
    return secrets.token_hex(20)


def secret_of(seed: str) -> str:
    """What the app is given, in Base32."""
    digest = salted_hmac("shuangdao.authenticator", seed, algorithm="sha256").digest()
    return base64.b32encode(digest[:20]).decode()


def address_for(user: User, seed: str) -> str:
    """The otpauth: address that the app reads from a QR code."""
    return pyotp.TOTP(secret_of(seed)).provisioning_uri(name=user.login or user.name, issuer_name=ISSUER)


@transaction.atomic
def set_up(*, user: User, seed: str, code: str, now: datetime | None = None) -> list[str]:
    """Takes the app into use, proved by a code of it, in place of an earlier one. Returns new recovery codes."""
    now = now or timezone.now()
    step = _matching_step(seed, code, now)
    if step is None:
        raise WrongCode
    fields = {"seed": seed, "last_step": step, "made_at": now}
    Authenticator.objects.update_or_create(user=user, defaults=fields)
    audit.record(user, "authenticator.set_up", user)
    return renew_recovery_codes(actor=user)


@transaction.atomic
def renew_recovery_codes(*, actor: Any) -> list[str]:
    """Shown once; earlier ones stop working."""
    actor.recovery_codes.all().delete()
    codes = [new_code(RECOVERY_LENGTH) for _number in range(RECOVERY_CODES)]
    rows = [RecoveryCode(user=actor, code_hash=hashed("recovery", code)) for code in codes]
    RecoveryCode.objects.bulk_create(rows)
    audit.record(actor, "recovery_codes.made", actor)
    return [spaced(code) for code in codes]


@transaction.atomic
def use_code(*, user: User, code: str, now: datetime | None = None) -> bool:
    """Whether this is a code of the person's app, or one of their recovery codes; either works once."""
    now = now or timezone.now()
    found = Authenticator.objects.filter(user=user).first()
    if found is None:
        return False
    step = _matching_step(found.seed, code, now)
    if step is not None:
        # Whoever moves last_step forward has used the code; the other is too late.
        rows = Authenticator.objects.filter(pk=found.pk, last_step__lt=step)
        return bool(rows.update(last_step=step))
    gone, _rows = user.recovery_codes.filter(code_hash=hashed("recovery", as_typed(code))).delete()
    if gone:
        audit.record(user, "recovery_code.used", user, left=user.recovery_codes.count())
    return bool(gone)


@transaction.atomic
def forget(*, actor: Any, user: User) -> bool:
    """For somebody whose telephone and recovery codes are gone: the next sign-in sets an app up anew."""
    gone, _rows = Authenticator.objects.filter(user=user).delete()
    user.recovery_codes.all().delete()
    if gone:
        audit.record(actor, "authenticator.forgotten", user)
    return bool(gone)


def _matching_step(seed: str, code: str, now: datetime) -> int | None:
    """The half minute that this code belongs to: now, or the one before or after, as clocks differ."""
    app = pyotp.TOTP(secret_of(seed))
    typed = as_typed(code)
    here = app.timecode(now)
    for step in (here, here - 1, here + 1):
        if constant_time_compare(app.generate_otp(step), typed):
            return step
    return None
