"""A small programme with a solved round, and one of everybody who may knock at its doors."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import django
import pytest

# Run without manage.py, pytest collects before its Django plugin has found the settings.
django.setup()

from django.db import transaction  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.client import ClientHandler  # noqa: E402
from django.utils import timezone  # noqa: E402

from backend.accounts.models import User  # noqa: E402
from backend.care.cases import open_case  # noqa: E402
from backend.care.models import Case, Reading  # noqa: E402
from backend.care.readings import ask_in_emergency  # noqa: E402
from backend.rosters import choosing, city, imports  # noqa: E402
from backend.rosters.models import Child, Mentor, RosterUpload, SetAside  # noqa: E402
from backend.rosters.ways_in import invite_person  # noqa: E402
from chat.acts import Speak  # noqa: E402
from chat.meetings import record_meeting_elsewhere  # noqa: E402
from chat.models import Elsewhere, Held, Reader, Room, Session, Summary  # noqa: E402
from chat.programme import add_holiday  # noqa: E402
from chat.protocol import Side  # noqa: E402
from chat.readers import ask_to_read  # noqa: E402
from chat.record import perform  # noqa: E402
from chat.sessions import write_summary  # noqa: E402
from matching import locks, publishing, rounds  # noqa: E402
from matching.core.solve import solve  # noqa: E402
from matching.edits import snapshot_of  # noqa: E402
from matching.models import Lock, Pairing, Proposal, Round  # noqa: E402
from matching.solving import claim, store  # noqa: E402
from tests.api import cast  # noqa: E402
from tests.api.cast import PASSWORD  # noqa: E402

DAY_OFF = date(2020, 2, 8)
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def plain_settings(settings: Any, tmp_path: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = False  # would list the static files anew for every client
    settings.PASSWORD_HASHERS = QUICK_HASHERS


@pytest.fixture(autouse=True)
def contexts_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here asks an answer what its templates were given; thousands of answers would keep copies of it all."""
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_given, **_named: None)


@dataclass
class World:
    """round: solved, not published.  earlier: published, with its pairings.  file: as it was imported.

    reading, alone: asked for by a colleague, and by another lead alone in danger.
    """

    coordinator: User
    file: bytes
    upload: RosterUpload
    unfinished: RosterUpload
    aside: SetAside
    earlier: Round
    round: Round
    lock: Lock
    child: Child
    foreign_child: Child
    mentor: Mentor
    foreign_mentor: Mentor
    case: Case
    reading: Reading
    alone: Reading
    session: Session | None = None
    report: Elsewhere | None = None
    summary: Summary | None = None
    reader: Reader | None = None
    held: Held | None = None
    people: dict[str, User | None] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        """A browser of its own each time, over one session a person."""
        client = Client()
        client.handler = self.handler
        user = self.people[who]
        if user is None:
            return client
        if who not in self.sessions:
            client.force_login(user)
            self.sessions[who] = client.cookies["session"].value
        client.cookies["session"] = self.sessions[who]
        return client

    @cached_property
    def handler(self) -> ClientHandler:
        """One for all browsers: its middleware is loaded once."""
        return ClientHandler(enforce_csrf_checks=False)

    @cached_property
    def room_id(self) -> int:
        return self.pairing.room.pk

    @cached_property
    def place(self) -> Proposal:
        """What the solved round suggests for the child's studies."""
        return self.round.proposals.get(child=self.child, role="academic")

    @property
    def pairing(self) -> Pairing:
        return Pairing.objects.live().filter(child=self.child, role="academic").get()


@pytest.fixture(scope="session")
def small_city() -> bytes:
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate(), size=20)
    return buffer.getvalue()


def solved_round(actor: User) -> Round:
    """As the worker makes it, in this process."""
    rounds.start_round(actor=actor)
    claimed = claim()
    assert claimed is not None
    store(claimed, solve(snapshot_of(claimed)))
    claimed.refresh_from_db()
    return claimed


@pytest.fixture(scope="module")
def made_once(django_db_setup: Any, django_db_blocker: Any, small_city: bytes) -> Iterator[World]:
    """The world, made once for a module, in a transaction around those of its tests.

    A test that needs transactions of its own can't stand in such a module.
    """
    around = undone()
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
        around.__enter__()
        made = make_world(small_city)
    yield made
    with django_db_blocker.unblock():
        around.__exit__(None, None, None)


@pytest.fixture
def world(db: None, made_once: World) -> World:
    """Each test's own objects over the rows, which are taken back after it."""
    return deepcopy(made_once)


def make_world(small_city: bytes) -> World:
    coordinator = User.objects.create_user(name="周敏", login="co", password=PASSWORD, is_coordinator=True)
    upload = imports.check_upload(actor=coordinator, file_name="r.xlsx", content=small_city)
    upload = imports.take_upload(actor=coordinator, upload_id=upload.pk)
    earlier = solved_round(coordinator)
    publishing.publish_round(actor=coordinator, round_id=earlier.pk, version=earlier.version)
    # Guardians of the youngest read along; these are older.
    older = Pairing.objects.live().filter(child__grade__gte=4).select_related("child", "mentor")
    first = older.filter(role="academic")[0]
    other = older.filter(role="wellbeing").exclude(mentor=first.mentor)
    near = Pairing.objects.live().filter(child=first.child).values("mentor")
    foreign = other.exclude(child=first.child).exclude(mentor__in=near)[0]
    lock = locks.add_lock(
        actor=coordinator, kind="forbid", child_id=first.child_id, mentor_id=foreign.mentor_id
    )
    round_ = solved_round(coordinator)
    made = World(
        coordinator=coordinator,
        file=small_city,
        upload=upload,
        unfinished=unfinished_import(coordinator, small_city),
        aside=SetAside.objects.create(
            upload=upload,
            kind="children",
            row=99,
            name="卫安然",
            roster_id="K99",
            set_aside_at=timezone.now(),
        ),
        earlier=earlier,
        round=round_,
        lock=lock,
        child=first.child,
        foreign_child=foreign.child,
        mentor=first.mentor,
        foreign_mentor=foreign.mentor,
        **something_happens(first),
    )
    made.people = cast.people_of(made)
    for who in made.people:
        made.client(who)
    live_a_little(made)
    return made


def unfinished_import(coordinator: User, small_city: bytes) -> RosterUpload:
    """The file once more, with a cell that was corrected."""
    made = imports.check_upload(actor=coordinator, file_name="again.xlsx", content=small_city)
    return choosing.correct_row(
        actor=coordinator, upload_id=made.pk, version=1, kind="children", row=2, cells={"needs": "想妈妈"}
    )


def something_happens(pairing: Pairing) -> dict[str, Any]:
    """A case about the child, and its room read in an emergency."""
    colleague = User.objects.create_user(name="吴桐", login="co2", is_coordinator=True)
    lead = User.objects.create_user(name="许岚", login="sl2", is_coordinator=True, is_safeguarding_lead=True)
    today = timezone.localdate()
    asked = {"room_id": pairing.room.pk, "first_day": today, "last_day": today, "code": "danger"}
    reason = "孩子昨天说不想回家，需要马上了解情况，确保安全"
    return {
        "case": open_case(actor=lead, child_id=pairing.child_id, kind="other", sealed=True),
        "reading": ask_in_emergency(actor=colleague, reason=reason, **asked),
        "alone": ask_in_emergency(actor=lead, reason=reason, alone=True, **asked),
    }


def live_a_little(world: World) -> None:
    """A session and a meeting by telephone with the mentor; a question of the guardian's; a day off, and an
    invitation."""
    now, mentor = timezone.now(), world.mentor.user
    began = now - timedelta(hours=1)
    # Paired since last week, so that something can lie behind.
    Pairing.objects.filter(child=world.child).update(started_at=now - timedelta(days=7))
    Room.objects.update(understood_at=timezone.now())  # who can read is told before anything else
    world.session = Session.objects.create(
        room=world.pairing.room,
        opened_at=began,
        active_at=began,
        ended_at=now,
        why="mentor",
        decided_at=now,
    )
    said = Speak(world.pairing.room.pk, Side.CHILD, "0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e21", "老师好！")
    with override_settings(ROOMS_ALWAYS_OPEN=True):  # open around the clock
        perform([said], now=now)
    world.summary = write_summary(actor=mentor, session_id=world.session.pk, body="分数的加减法。")
    world.report = record_meeting_elsewhere(
        actor=mentor,
        pairing_id=world.pairing.pk,
        began_at=now - timedelta(days=1),
        minutes=25,
        medium="phone",
    )
    world.held = Held.objects.create(
        room=world.pairing.room,
        sender=Side.MENTOR,
        cid="0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e22",
        body="加我微信",
        said_at=now,
    )
    world.reader = ask_to_read(actor=world.people["guardian"], child_id=world.child.pk)
    add_holiday(actor=world.coordinator, day=DAY_OFF, name="元宵节")
    invite_person(actor=world.coordinator, user_id=mentor.pk)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
