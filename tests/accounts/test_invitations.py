"""The way in: once, in time, and told to nobody but the one who carries it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.accounts import invitations
from backend.accounts.models import Invitation, User
from backend.accounts.passwords import BadPassword
from backend.audit.models import Entry
from backend.errors import Conflict, NotYours
from tests.accounts.conftest import PASSWORD

STAFF = Invitation.Kind.STAFF


def test_an_invitation_lets_in_once(coordinator: User, parent: User) -> None:
    secret = invitations.invite(actor=coordinator, user=parent, kind=STAFF).secret
    assert invitations.find(secret).user == parent
    user = invitations.take_up(secret=secret, password=PASSWORD)
    assert user.login == "13800138000" and user.check_password(PASSWORD)
    with pytest.raises(NotYours):
        invitations.take_up(secret=secret, password=PASSWORD)
    assert [entry.action for entry in Entry.objects.all()] == ["person.invited", "person.joined"]


def test_only_the_hash_is_kept(coordinator: User, parent: User) -> None:
    secret = invitations.invite(actor=coordinator, user=parent, kind=STAFF).secret
    kept = [str(row) for row in [*Invitation.objects.values_list(), *Entry.objects.values_list()]]
    assert not [row for row in kept if secret in row]


@pytest.mark.parametrize(
    ("kind", "lasts"), [(STAFF, timedelta(hours=24)), (Invitation.Kind.FAMILY, timedelta(days=14))]
)
def test_it_expires(coordinator: User, parent: User, kind: Any, lasts: timedelta) -> None:
    secret = invitations.invite(actor=coordinator, user=parent, kind=kind).secret
    made = Invitation.objects.get()
    assert made.expires_at - made.made_at == lasts
    long_ago = timezone.now() - lasts - timedelta(seconds=1)
    Invitation.objects.update(made_at=long_ago, expires_at=long_ago + lasts)
    with pytest.raises(invitations.NoLongerValid):
        invitations.take_up(secret=secret, password=PASSWORD)


def test_a_new_invitation_replaces_the_old(coordinator: User, parent: User) -> None:
    old, new = (invitations.invite(actor=coordinator, user=parent, kind=STAFF).secret for _time in (1, 2))
    with pytest.raises(invitations.NoLongerValid):
        invitations.find(old)
    assert invitations.find(new).user == parent


def test_a_weak_password_or_a_taken_name_leaves_it_good(coordinator: User, parent: User) -> None:
    secret = invitations.invite(actor=coordinator, user=parent, kind=STAFF).secret
    with pytest.raises(BadPassword) as refused:
        invitations.take_up(secret=secret, password="12345")
    assert len(refused.value.facts["problems"]) >= 2
    with pytest.raises(invitations.LoginTaken):
        invitations.take_up(secret=secret, password=PASSWORD, login=" CO ")
    assert invitations.take_up(secret=secret, password=PASSWORD, login=" Chen ").login == "chen"


def test_of_two_at_once_one_is_too_late(coordinator: User, parent: User, monkeypatch: Any) -> None:
    secret = invitations.invite(actor=coordinator, user=parent, kind=STAFF).secret
    real, joined = invitations.check_new_password, []

    def meanwhile(password: str, user: User, **more: Any) -> None:
        monkeypatch.setattr(invitations, "check_new_password", real)
        joined.append(invitations.take_up(secret=secret, password=PASSWORD, login="first").login)

    monkeypatch.setattr(invitations, "check_new_password", meanwhile)
    with pytest.raises(invitations.NoLongerValid):
        invitations.take_up(secret=secret, password="another password", login="second")
    assert joined == ["first"]


def test_only_a_coordinator_invites_and_nobody_switched_off(coordinator: User, parent: User) -> None:
    with pytest.raises(NotYours):
        invitations.invite(actor=parent, user=parent, kind=STAFF)
    parent.is_active = False
    parent.save()
    with pytest.raises(invitations.NothingToInvite):
        invitations.invite(actor=coordinator, user=parent, kind=STAFF)


def test_the_command_prints_a_link_with_the_secret_in_its_fragment(db: Any) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("invite", role="coordinator", email="First@Example.org", stdout=out, stderr=err)
    address, _, secret = out.getvalue().strip().partition("#")
    assert address.endswith("/join") and secret not in err.getvalue()
    user = invitations.take_up(secret=secret, password=PASSWORD)
    assert user.is_coordinator and user.login == "first@example.org"


def test_the_command_promotes_nobody(db: Any) -> None:
    User.objects.create_user(name="路人", email="some@example.org")
    with pytest.raises(CommandError):
        call_command("invite", role="coordinator", email="some@example.org")
    with pytest.raises(CommandError):
        call_command("invite", role="coordinator", email="nonsense")
    with pytest.raises(Conflict):
        invitations.invite_coordinator(actor=None, name="x", email="some@example.org")
