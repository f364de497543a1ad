"""Every page × method × person, against one table: who may, and that all others find nothing."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from backend.web.urls import urlpatterns
from chat.models import Held
from chat.protocol import Side
from tests.api.conftest import World, undone
from tests.api.test_walk import ABSENT, PEOPLE, meeting_of, routes

EVERYBODY = frozenset(PEOPLE)
SIGNED_IN = EVERYBODY - {"anonymous"}
DESK = frozenset({"coordinator", "lead"})
OWN_MENTOR = frozenset({"mentor"})
PAIR = frozenset({"mentor", "child"})
GET, POST, BOTH = ("get",), ("post",), ("get", "post")

# What a page is about and who may: everybody else finds nothing, and a stranger the sign-in.
TABLE: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "home": (GET, SIGNED_IN),
    "sign_in": (BOTH, EVERYBODY),
    "second_step": (BOTH, SIGNED_IN),  # they are through: to the first page
    "sign_out": (POST, EVERYBODY),
    "account": (GET, SIGNED_IN),
    "sign_out_everywhere": (POST, SIGNED_IN),
    "authenticator": (BOTH, SIGNED_IN),
    "set_language": (POST, EVERYBODY),
    "step_into": (BOTH, frozenset()),  # only in the demonstration
    "components": (GET, EVERYBODY),
    "children": (GET, DESK),
    "child": (GET, DESK | {"child", "guardian"}),
    "mentors": (GET, DESK),
    "mentor": (GET, DESK | {"mentor"}),
    "new_child": (BOTH, DESK),
    "edit_child": (BOTH, DESK),
    "new_mentor": (BOTH, DESK),
    "edit_mentor": (BOTH, DESK),
    "set_paused": (POST, DESK | {"mentor"}),
    "set_active": (POST, DESK),
    "export": (BOTH, DESK),
    "history": (GET, DESK | PAIR | {"guardian"}),
    "dispute": (POST, frozenset({"child", "guardian"})),
    "held": (GET, DESK),
    "decide_held": (POST, DESK),
    "family": (GET, frozenset({"guardian", "foreign guardian"})),
    "meeting": (GET, DESK | PAIR | {"guardian"}),
    "change_meeting": (POST, DESK | {"mentor", "guardian"}),
    "room": (GET, PAIR),
    "end_session": (BOTH, OWN_MENTOR),
    "summary": (BOTH, OWN_MENTOR),
    "my_child": (GET, OWN_MENTOR),
    "elsewhere": (BOTH, OWN_MENTOR),
    "notices": (GET, SIGNED_IN),
    "join": (BOTH, EVERYBODY),
    "invitations": (GET, DESK),
    "invitation_file": (BOTH, DESK),
    "invite": (POST, DESK),
    "pairings": (GET, DESK),
    "imports": (BOTH, DESK),
    "import": (GET, DESK),
    "take_import": (POST, DESK),
    "gone_inactive": (POST, DESK),
    "rounds": (BOTH, DESK),
    "locks": (BOTH, DESK),
    "lift_lock": (POST, DESK),
    "round": (GET, DESK),
    "round_progress": (GET, DESK),
    "cancel_round": (POST, DESK),
    "discard_round": (POST, DESK),
    "proposals": (GET, DESK),
    "change": (BOTH, DESK),
    "comparison": (BOTH, DESK),
    "publish": (BOTH, DESK),
}


def path_of(world: World, name: str, *, absent: bool = False) -> str:
    assert world.session is not None and world.report is not None
    ids: dict[str, dict[str, Any]] = {
        "child": {"child_id": world.child.pk},
        "edit_child": {"child_id": world.child.pk},
        "history": {"child_id": world.child.pk},
        "mentor": {"mentor_id": world.mentor.pk},
        "edit_mentor": {"mentor_id": world.mentor.pk},
        "set_paused": {"mentor_id": world.mentor.pk},
        "set_active": {"kind": "child", "pk": world.child.pk},
        "decide_held": {"held_id": held_of(world).pk},
        "dispute": {"report_id": world.report.pk},
        "invite": {"user_id": world.child.user_id},
        "meeting": {"meeting_id": meeting_of(world).pk},
        "change_meeting": {"meeting_id": meeting_of(world).pk},
        "room": {"room_id": world.pairing.room.pk},
        "end_session": {"room_id": world.pairing.room.pk},
        "summary": {"session_id": world.session.pk},
        "my_child": {"pairing_id": world.pairing.pk},
        "elsewhere": {"pairing_id": world.pairing.pk},
        "import": {"upload_id": world.upload.pk},
        "take_import": {"upload_id": world.upload.pk},
        "gone_inactive": {"upload_id": world.upload.pk},
        "lift_lock": {"lock_id": world.lock.pk},
        "change": {"round_id": world.round.pk, "child_id": world.child.pk, "role": "academic"},
        "comparison": {"round_id": world.round.pk, "child_id": world.child.pk, "role": "academic"},
    }
    of_round = ("round", "round_progress", "cancel_round", "discard_round", "proposals", "publish")
    ids |= {of: {"round_id": world.round.pk} for of in of_round}
    known = ids.get(name, {})
    if absent:
        known = {key: value if isinstance(value, str) else ABSENT for key, value in known.items()}
    return reverse(name, kwargs=known)


def held_of(world: World) -> Held:
    found, _made = Held.objects.get_or_create(
        room=world.pairing.room,
        sender=Side.MENTOR,
        cid="0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e21",
        defaults={"body": "加我微信", "said_at": timezone.now()},
    )
    return found


def body_of(world: World, name: str) -> dict[str, Any]:
    """Where an empty form finds nothing; else it is only shown again."""
    place = world.round.proposals.get(child=world.child, role="academic")
    chosen = {"version": world.round.version, "mentor_id": place.mentor_id, "slot": place.slot}
    return chosen if name == "change" else {}


def test_the_table_names_every_page() -> None:
    assert set(routes(urlpatterns)) == set(TABLE)


@pytest.mark.django_db
def test_everybody_finds_what_the_table_says(world: World) -> None:
    wrong = []
    for name, (methods, who_may) in TABLE.items():
        path = path_of(world, name)
        for method in BOTH:
            for who in PEOPLE:
                with undone():
                    body = body_of(world, name) if method == "post" else {}
                    answer = getattr(world.client(who), method)(path, body)
                to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/")
                found = answer.status_code not in (404, 405) and not (to_sign_in and who == "anonymous")
                if name == "sign_out":  # its end is the sign-in
                    found = answer.status_code == 302
                if found != (method in methods and who in who_may) and not (
                    # A page that is only looked at answers a post like a look, or not at all.
                    method == "post" and method not in methods and who in who_may
                ):
                    wrong.append((name, method, who, answer.status_code))
                if answer.status_code >= 500:
                    wrong.append((name, method, who, answer.status_code))
    assert wrong == [], wrong


@pytest.mark.django_db
def test_absent_and_foreign_look_the_same(world: World) -> None:
    for name, (methods, _who_may) in TABLE.items():
        path, nowhere = path_of(world, name), path_of(world, name, absent=True)
        if path == nowhere:
            continue
        for method in methods:
            seen = []
            for each in (path, nowhere):
                with undone():
                    answer = getattr(world.client("foreign child"), method)(each)
                page = answer.content.decode().replace(each, "/")
                seen.append((answer.status_code, page[: page.index("<form")]))
            assert seen[0] == seen[1] and seen[0][0] == 404, (name, method)
