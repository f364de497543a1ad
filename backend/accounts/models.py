"""Who can sign in, and the invitations that let them."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class Users(BaseUserManager["User"]):
    def create_user(self, *, name: str, password: str | None = None, **fields: Any) -> "User":
        """A person. Without a password they can't sign in until an invitation is taken up."""
        user = self.model(name=name, **fields)
        if password is None:
            user.set_unusable_password()
        else:
            user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(login=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person. What they may do follows from what is linked to them, not from grants stored here.

    login: what they type to sign in (e-mail address, telephone number or a child's own name for it),
    lower case; empty until somebody invited them.
    """

    login = models.CharField(_("sign-in name"), max_length=254, unique=True, null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    phone = models.CharField(_("phone"), max_length=11, unique=True, null=True, blank=True)
    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True)
    is_coordinator = models.BooleanField(_("coordinator"), default=False)
    is_safeguarding_lead = models.BooleanField(_("safeguarding lead"), default=False)
    sign_outs = models.PositiveIntegerField(default=0, help_text="Times signed out everywhere.")
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = Users()

    class Meta:
        verbose_name = _("person")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_safeguarding_lead=False) | Q(is_coordinator=True),
                name="a_safeguarding_lead_is_a_coordinator",
            ),
            models.CheckConstraint(
                condition=Q(phone=None) | Q(phone__regex=r"^1[3-9][0-9]{9}$"),
                name="a_phone_is_eleven_digits",
            ),
            models.CheckConstraint(condition=~Q(login="") & ~Q(email=""), name="no_empty_login_or_email"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What every session of this person holds: over with another password or a sign-out everywhere."""
        held = f"{self.password}{self.sign_outs}"
        return salted_hmac("shuangdao.session", held, secret=secret, algorithm="sha256").hexdigest()


class Invitation(models.Model):
    """A single-use way in. Only hashes of the secret and the code are kept; both are shown once.

    code: the short form that families can type.  wrong: times it was used with a wrong birth date.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", _("staff")
        FAMILY = "family", _("family")
        CHILD = "child", _("child")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    kind = models.CharField(max_length=10, choices=Kind)
    secret_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64, unique=True, null=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="an_invitation_expires_after_it_is_made"
            ),
            # A code is short: whoever has it must know a birth date besides, which is asked of families.
            models.CheckConstraint(
                condition=Q(code_hash=None) | ~Q(kind="staff"), name="staff_are_invited_without_a_code"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Tries(models.Model):
    """How often something secret was tried in one place, and until when the next try must wait."""

    place = models.CharField(max_length=64, primary_key=True, help_text="A keyed hash.")
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(db_index=True)
    wait_until = models.DateTimeField()

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return f"{self.tries} tries"


class Authenticator(models.Model):
    """An app that shows one-time codes, proved once by a code.

    The app's secret follows from the seed and the site's secret key: the database alone opens nothing.
    last_step: the half minute whose code was used last; a code works once.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="authenticator")
    seed = models.CharField(max_length=64)
    last_step = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"authenticator {self.pk}"


class RecoveryCode(models.Model):
    """Stands in once for the app's code. Used ones are deleted."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="a_recovery_code_stands_once")
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"
