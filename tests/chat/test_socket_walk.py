"""Every frame × person × state of a room, on a real daphne, against one table: who is answered, and how."""

import asyncio
import json
from typing import Any, get_args

import pytest
from websockets.exceptions import ConnectionClosed

from chat.protocol import ClientFrame, parse
from tests.chat.served import Served, cookie, serving
from tests.chat.tabs import Tab, tab

CID = "0d8a1f52-8c86-4f5e-9d0b-3c1b6a1f7e{:02x}"
FRAMES: dict[str, dict[str, Any]] = {
    "Hello": {"t": "hello", "epoch": "", "last": 0},
    "Say": {"t": "msg", "body": "老师好"},
    "Typing": {"t": "typing", "on": True},
    "Read": {"t": "read", "s": 1},
    "Seen": {"t": "seen", "s": 1},
    "Ping": {"t": "ping", "x": 1},
    "End": {"t": "end"},
}
ALIVE, ENDED, FROZEN, FOREIGN = range(4)  # families; the last one's people are strangers to the first three
ABSENT = 987_654_321

# What the two of a living room are told of each frame, before the pong of the ping after it.
ANSWERED = {
    ("child", "End"): [("err", "not_allowed")],
    ("child", "Say"): [("ack", None)],
    ("academic", "Say"): [("ack", None)],
    ("child", "Hello"): [("welcome", None)],
    ("academic", "Hello"): [("welcome", None)],
    ("child", "Ping"): [("pong", None)],
    ("academic", "Ping"): [("pong", None)],
}
TWO = ("child", "academic")
NOT_SIGNED_IN = ("", "disabled", "forged")
OTHERS = (
    "wellbeing",
    "parent",  # also of a child under eight, who reads along on a page and not on the socket
    "limited parent",
    "suspended parent",
    "carer",
    "stranger",
    "coordinator",
    "lead",
    "emergency reader",  # to whom these rooms are open for an hour, on a page and not on the socket
    "foreign child",
    "foreign mentor",
    "foreign parent",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("walk"), families=4) as house:
        more = house.run(f"from tests.chat import test_socket_walk as walk; walk.furnish({house.facts!r})")
        for family in house.facts:
            family["cookies"] |= more
        yield house


@pytest.fixture(scope="module")
def port(served):
    return served.start()


def furnish(facts: list[dict[str, Any]]) -> None:
    """In the server's database: the states of the rooms, and everybody else. Prints their cookies."""
    from datetime import timedelta

    from django.utils import timezone

    from backend.accounts.models import User
    from backend.care.readings import ask_in_emergency, decide_reading
    from backend.rosters.models import Carer, Child, Guardianship
    from chat.models import Room
    from chat.rooms import close_rooms
    from matching.models import Pairing

    now = timezone.now()
    ended = Room.objects.get(pk=facts[ENDED]["rooms"]["academic"])
    Pairing.objects.filter(pk=ended.pairing_id).update(ended_at=now, end_reason="not_a_fit")
    close_rooms([ended.pairing_id], now)
    Room.objects.filter(pk=facts[FROZEN]["rooms"]["academic"]).update(frozen_at=now)
    children = [Child.objects.get(user=facts[family]["users"]["child"]) for family in (ALIVE, ENDED, FROZEN)]
    people = {
        name: User.objects.create_user(name=name)
        for name in ("limited parent", "suspended parent", "carer", "disabled")
    }
    for child in children:
        child.birth_date = timezone.localdate() - timedelta(days=7 * 365 + 30)
        child.save()
        for order, status in ((2, "limited"), (3, "suspended")):
            Guardianship.objects.create(
                child=child,
                guardian=people[f"{status} parent"],
                order=order,
                status=status,
                status_reason="x",
            )
        Carer.objects.update_or_create(child=child, defaults={"user": people["carer"]})
    people["coordinator"] = User.objects.get(login="co")
    people["lead"] = User.objects.create_user(name="甲", is_coordinator=True, is_safeguarding_lead=True)
    people["emergency reader"] = User.objects.create_user(name="乙", is_coordinator=True)
    for family in (ALIVE, ENDED, FROZEN):
        reading = ask_in_emergency(
            actor=people["emergency reader"],
            room_id=facts[family]["rooms"]["academic"],
            first_day=timezone.localdate(),
            last_day=timezone.localdate(),
            code="danger",
            reason="孩子昨天说不想回家，需要马上了解情况，确保安全",
        )
        decide_reading(actor=people["lead"], reading_id=reading.pk, approve=True)
    users = facts[FOREIGN]["users"]
    for name, of in (("child", "child"), ("mentor", "academic"), ("parent", "parent")):
        people[f"foreign {name}"] = User.objects.get(pk=users[of])
    cookies = {name: cookie(user) for name, user in people.items()}
    User.objects.filter(pk=people["disabled"].pk).update(is_active=False)
    print(json.dumps(cookies | {"forged": "session=abcdefghijklmnopqrstuvwxyz123456"}))


def frame_of(name: str, number: int) -> dict[str, Any]:
    return FRAMES[name] | ({"cid": CID.format(number)} if name == "Say" else {})


def test_the_table_names_every_frame() -> None:
    assert {kind.__name__ for kind in get_args(ClientFrame)} == set(FRAMES)
    for name in FRAMES:
        assert type(parse(json.dumps(frame_of(name, 0)))).__name__ == name


async def thrown_out(ws: Tab, frame: dict[str, Any]) -> tuple[list[Any], int | None]:
    """Everything that came until the close, whatever was sent."""
    got = []
    try:
        await ws.send(t="hello", epoch="", last=0)
        await ws.send(**frame)
    except ConnectionClosed:
        pass
    async with asyncio.timeout(20):
        try:
            async for text in ws.ws:
                got.append(json.loads(text))
        except ConnectionClosed:
            pass
    return got, ws.ws.close_code


def test_nobody_but_the_two_gets_a_word_whatever_they_send(served: Served, port: int) -> None:
    rooms = {family: served.facts[family]["rooms"]["academic"] for family in (ALIVE, ENDED, FROZEN)}
    places = [*rooms.items(), (ALIVE, ABSENT)]  # whose people knock, and at which room
    expected = {(who, *place): 4401 for who in NOT_SIGNED_IN for place in places}
    expected |= {(who, *place): 4404 for who in OTHERS for place in places}
    expected |= {(who, ALIVE, ABSENT): 4404 for who in TWO}
    expected |= {(who, ENDED, rooms[ENDED]): 4410 for who in TWO}
    expected |= {(who, FROZEN, rooms[FROZEN]): 4403 for who in TWO}
    wrong: list[Any] = []
    seen: dict[int, set[str]] = {}

    async def one(who: str, family: int, room: int, name: str, code: int) -> None:
        async with slots, tab(served, port, who, family=family, room=room) as ws:
            got, closed = await thrown_out(ws, frame_of(name, 0))
        seen.setdefault(code, set()).add(json.dumps(got))
        if closed != code or [frame["t"] for frame in got] != ["err"]:
            wrong.append((who, family, room, name, code, closed, got))

    async def all_of_them() -> None:
        tries = [one(*place, name, code) for place, code in expected.items() for name in FRAMES]
        assert len(tries) > 400
        await asyncio.gather(*tries)

    slots = asyncio.Semaphore(20)
    asyncio.run(all_of_them())
    assert not wrong, "\n".join(map(str, wrong[:20]))
    # One answer for each code: an absent room, a foreign one and an ended one of others look the same.
    assert {code: len(answers) for code, answers in seen.items()} == {4401: 1, 4404: 1, 4410: 1, 4403: 1}


@pytest.mark.parametrize("who", TWO)
def test_the_two_are_answered_as_the_table_says(served: Served, port: int, who: str) -> None:
    async def story() -> None:
        for number, name in enumerate(FRAMES):
            async with tab(served, port, who) as ws:
                if name != "Hello":
                    early = Tab(ws.ws)
                    await early.send(**frame_of(name, number))
                    assert (await early.get("err"))["code"] == "bad_frame", f"{name} before hello"
                assert (await ws.hello())["you"] == ("child" if who == "child" else "mentor")
                await ws.send(**frame_of(name, number + 20 * TWO.index(who)))
                await ws.send(t="ping", x="last")
                got = []
                while not got or got[-1].get("x") != "last":
                    got.append(await ws.until(lambda frame: frame["t"] in ("welcome", "ack", "err", "pong")))
                told = [(frame["t"], frame.get("code")) for frame in got[:-1]]
                if name in ("Say", "Hello") and not told:  # written first, and then answered
                    told = [
                        ((await ws.until(lambda frame: frame["t"] in ("ack", "welcome", "err")))["t"], None)
                    ]
                assert told == ANSWERED.get((who, name), []), name

    asyncio.run(story())
