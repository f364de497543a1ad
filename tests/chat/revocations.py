"""Every way in which a right ends, done to conversations that are going on: on one process or two."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.chat.served import Served
from tests.chat.tabs import Tab, tab

IMPORTS = """
import json, time
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from backend.accounts.models import User
from backend.rosters.models import Certificate, Child, Mentor
from chat import gates, rooms
from chat.acts import ShowReaders
from chat.models import Room
from chat.record import perform
from matching.models import Pairing

ends = []
"""
HEAD = """
now, today = timezone.now(), timezone.localdate()
room = Room.objects.with_people().get(pk={room})
child, mentor = room.pairing.child, room.pairing.mentor
Child.objects.filter(pk=child.pk).update(birth_date=today - timedelta(days={age} * 366))
coordinator, parent = User.objects.get(login="co"), User.objects.get(pk={parent})
"""
# What follows in the room once the right is gone: nobody who lost it may be sent this.
TAIL = """
ends.append(time.time())
with transaction.atomic():
    perform([ShowReaders(room.pk, 7)], now=timezone.now())
"""
READS, WRITES, SIGNED_OUT, STAYS = "reads", "writes", "signed out", None


@dataclass(frozen=True)
class Revocation:
    """code: closes of child and mentor, None for who stays.  page: what their room's page is then."""

    code: str
    closes: tuple[int | None, int | None]
    pages: tuple[str, str]
    role: str = "academic"
    age: int = 10


ENDED = {"closes": (4410, 4410), "pages": (READS, READS)}
SHUT = {"closes": (4403, 4403), "pages": (READS, READS)}
OUT = {"closes": (4401, STAYS), "pages": (SIGNED_OUT, WRITES)}
ENFORCE = "; gates.enforce(timezone.now())"
REVOCATIONS: dict[str, Revocation] = {
    "pairing ended": Revocation(
        "with transaction.atomic():\n"
        "    Pairing.objects.filter(pk=room.pairing_id).update(ended_at=now, end_reason='not_a_fit')\n"
        "    rooms.close_rooms([room.pairing_id], now)",
        **ENDED,
    ),
    "consent withdrawn": Revocation(
        "from backend.rosters.consent import withdraw_consent\n"
        "withdraw_consent(actor=parent, child_id=child.pk)",
        **ENDED,
    ),
    "a child of 15 stops": Revocation(
        "from backend.rosters.consent import stop_taking_part\n"
        "stop_taking_part(actor=child.user, child_id=child.pk)",
        **ENDED,
        age=15,
    ),
    "account disabled": Revocation("child.user.is_active = False; child.user.save()", **OUT),
    "signed out everywhere": Revocation(
        "from backend.accounts.sign_outs import sign_out_everywhere\nsign_out_everywhere(actor=child.user)",
        **OUT,
    ),
    "vetting expired": Revocation(
        "Mentor.objects.filter(pk=mentor.pk).update(vetted_until=today - timedelta(days=1))" + ENFORCE, **SHUT
    ),
    "vetting revoked": Revocation(
        "from backend.rosters import people\n"
        "people.save_mentor(actor=coordinator, mentor_id=mentor.pk, cells={{'vetted_until': '2020-02-01',"
        " 'phone': '139' + str(10000000 + mentor.pk), 'teaches': 'math:1-9'}})",
        **SHUT,
    ),
    "certificate expired": Revocation(
        "Certificate.objects.filter(mentor=mentor).update(valid_until=today - timedelta(days=1))" + ENFORCE,
        **SHUT,
        role="wellbeing",
    ),
    "mentor inactive": Revocation(
        "from backend.rosters import people\n"
        "people.set_active(actor=coordinator, kind='mentor', pk=mentor.pk, active=False)",
        **SHUT,
    ),
    "child no longer takes part": Revocation(
        "from backend.rosters import people\n"
        "people.set_active(actor=coordinator, kind='child', pk=child.pk, active=False)",
        **SHUT,
    ),
}


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


def ask(served: Served, port: int, who: str, path: str, family: int) -> tuple[int, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Cookie": served.facts[family]["cookies"][who]}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def page_of(served: Served, port: int, who: str, room: int, family: int) -> str:
    status, text = ask(served, port, who, f"/rooms/{room}/", family)
    if status == 302:
        return SIGNED_OUT
    assert status == 200, status
    return WRITES if 'id="say"' in text else READS


async def frames_of(tab: Tab) -> tuple[list[dict[str, Any]], float]:
    """All until the close, and the time of it."""
    found: list[dict[str, Any]] = []
    try:
        while True:
            found.append(json.loads(await tab.ws.recv()))
    except ConnectionClosed:
        return found, time.time()


@dataclass
class Talk:
    """A child on the first port and its mentor on the second."""

    name: str
    family: int
    room: int
    tabs: tuple[Tab, Tab]

    @property
    def case(self) -> Revocation:
        return REVOCATIONS[self.name]

    @property
    def people(self) -> tuple[str, str]:
        return "child", self.case.role


def revoke_all(served: Served, ports: tuple[int, int], first: int) -> None:
    """One family for each way, from this one on; all of them talk when the rights end, one after another."""
    script = IMPORTS
    for family, case in enumerate(REVOCATIONS.values(), start=first):
        facts = served.facts[family]
        about = {"room": facts["rooms"][case.role], "age": case.age, "parent": facts["users"]["parent"]}
        script += (HEAD + case.code + TAIL).format(**about)
    script += "print(json.dumps(ends))"

    async def pages(talk: Talk) -> tuple[str, ...]:
        asked = zip(ports, talk.people, strict=True)
        return tuple(
            [await asyncio.to_thread(page_of, served, *each, talk.room, talk.family) for each in asked]
        )

    async def story() -> None:
        async with AsyncExitStack() as stack:
            talks = [await begin(name, family, stack) for family, name in enumerate(REVOCATIONS, start=first)]
            assert {await pages(talk) for talk in talks} == {(WRITES, WRITES)}
            hearing = [[asyncio.create_task(frames_of(each)) for each in talk.tabs] for talk in talks]
            ends = await asyncio.to_thread(served.run, script)
            seen = [await pages(talk) for talk in talks]
            await asyncio.sleep(max(0.0, ends[-1] + 2.5 - time.time()))  # so long nothing more may come
            for talk, tasks, end, page in zip(talks, hearing, ends, seen, strict=True):
                assert page == talk.case.pages, talk.name
                for each, task, code in zip(talk.tabs, tasks, talk.case.closes, strict=True):
                    check_end(talk.name, each, task, code, end)
            for talk in talks:
                for port, who, code in zip(ports, talk.people, talk.case.closes, strict=True):
                    if code:
                        async with tab(served, port, who, talk.case.role, talk.family) as again:
                            frames, _closed = await frames_of(again)
                            assert again.ws.close_code == code and [each["t"] for each in frames] == ["err"]

    async def begin(name: str, family: int, stack: AsyncExitStack) -> Talk:
        role = REVOCATIONS[name].role
        tabs = (
            await stack.enter_async_context(tab(served, ports[0], "child", role, family)),
            await stack.enter_async_context(tab(served, ports[1], role, role, family)),
        )
        for each in tabs:
            await each.hello()
        return Talk(name, family, served.facts[family]["rooms"][role], tabs)

    asyncio.run(story())


def check_end(name: str, each: Tab, task: asyncio.Task[Any], code: int | None, end: float) -> None:
    if code is None:
        assert each.ws.close_code is None and not task.done(), f"{name}: the other one stays"
        return
    assert task.done(), f"{name}: still open"
    frames, closed = task.result()
    assert each.ws.close_code == code, (name, each.ws.close_code)
    assert closed - end < 2, f"{name}: closed after {closed - end:.2f} s"
    assert not [frame for frame in frames if frame.get("parents") == 7], f"{name}: delivered afterwards"


def suspend(served: Served, ports: tuple[int, ...], family: int) -> None:
    """A guardian has no socket: the next request of every process finds nothing."""
    facts = served.facts[family]
    room, child = facts["rooms"]["academic"], facts["child"]
    seen = (f"/rooms/{room}/", f"/api/v1/rooms/{room}/messages/", f"/children/{child}/history/")

    def statuses() -> set[int]:
        return {ask(served, port, "parent", path, family)[0] for port in ports for path in seen}

    served.run(
        (IMPORTS + HEAD + "from chat.readers import follow; follow(timezone.now())").format(
            room=room, age=6, parent=facts["users"]["parent"]
        )
    )
    assert statuses() == {200}, "a small child's parent reads along"
    served.run(
        (
            IMPORTS + HEAD + "from backend.rosters.guardians import set_guardian_status\n"
            "set_guardian_status(actor=coordinator, link_id=child.guardianships.get().pk,"
            " status='suspended', reason='court')"
        ).format(room=room, age=6, parent=facts["users"]["parent"])
    )
    assert statuses() == {404}
