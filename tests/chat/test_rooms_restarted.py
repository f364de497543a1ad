"""Rooms on a daphne of their own: signing out, coming, being stopped and being killed."""

import asyncio
import signal
import time

import pytest

from tests.chat.served import Served, serving
from tests.chat.tabs import client, delete, rows, tab, within


@pytest.mark.parametrize("path", ["/api/v1/session/", "/api/v1/sessions/"])
def test_signing_out_closes_the_sockets_at_once(tmp_path, path):
    """Faster than any poll, four times in a row; and only those of the session, or of the person."""

    async def story(house: Served, port: int) -> None:
        for family in range(4):
            async with (
                tab(house, port, "child", family=family) as child,
                tab(house, port, "child elsewhere", family=family) as elsewhere,
                tab(house, port, "academic", family=family) as mentor,
            ):
                for each in (child, elsewhere, mentor):
                    await each.hello()
                await asyncio.to_thread(delete, house, port, "child", path, family)
                assert await child.close_code(0.3) == 4401
                await mentor.send(t="ping")
                await mentor.get("pong")
                if path == "/api/v1/sessions/":
                    assert await elsewhere.close_code(0.3) == 4401
                else:
                    await elsewhere.send(t="ping")
                    await elsewhere.get("pong")

    with serving(tmp_path, families=4) as house:
        asyncio.run(story(house, house.start()))


def test_a_server_counts_its_heartbeats_before_anybody_comes(tmp_path):
    with serving(tmp_path) as house:
        house.start()
        count = "from chat.models import Serving; print(Serving.objects.count())"
        assert any(house.run(count) == 1 for _ in range(10))


def test_a_server_that_is_told_to_stop_says_when_to_come_back_and_loses_nothing(tmp_path):
    with serving(tmp_path) as house:
        port = house.start()

        async def story() -> None:
            async with (
                tab(house, port, "child") as child,
                tab(house, port, "academic") as mentor,
                tab(house, port, "wellbeing", "wellbeing") as silent,
            ):
                await child.hello()
                await mentor.hello()
                # daphne looks once a second at what has ended; only a clean book is cancelled whole at its stop.
                await asyncio.sleep(2)
                cid = await child.say("还没听完")
                stopped = asyncio.create_task(asyncio.to_thread(house.kill, port, signal.SIGTERM))
                for each in (child, mentor, silent):
                    bye = await each.get("bye")
                    assert bye["why"] == "restart" and 1000 <= bye["retry_ms"] < 3000
                    assert await each.close_code() == 4012
                await stopped
            await asyncio.to_thread(house.start, port)
            async with tab(house, port, "child") as child:
                await child.hello()
                await child.say("还没听完", cid)
                assert (await child.get("ack"))["cid"] == cid

        asyncio.run(story())
        assert [code for _port, code in house.codes()] == [0, None]
        said = [row for row in rows(house, house.facts[0]["rooms"]["academic"]) if row[1] == "msg"]
        assert [row[3] for row in said] == ["还没听完"]
        left = house.run(
            "import json; from chat.models import Attendance\n"
            "found = Attendance.objects.order_by('pk')[:2]\n"
            "print(json.dumps([[row.why, row.until is not None] for row in found]))"
        )
        assert left == [["left", True], ["left", True]]
        assert "Traceback" not in house.log(port)


def test_kill_9_in_mid_conversation_loses_and_doubles_nothing(tmp_path):
    with serving(tmp_path) as house:
        port = house.start()
        said: list[tuple[str, str]] = []

        async def story() -> float:
            people = {who: client(house, port, who) for who in ("child", "academic")}
            tasks = [asyncio.create_task(each.run()) for each in people.values()]
            for number in range(40):
                who = ("child", "academic")[number % 2]
                said.append((who, people[who].say(f"{who} {number}")))
                await asyncio.sleep(0.1)
                if number == 20:
                    killed = time.time()
                    house.kill(port)
                if number == 24:
                    await asyncio.to_thread(house.start, port)
            await within(30, lambda: not any(each.outbox for each in people.values()))
            await within(10, lambda: people["child"].last == people["academic"].last)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert people["child"].rows == people["academic"].rows
            bodies = [row.body for row in people["child"].rows if row.kind == "msg"]
            for who in people:
                own = [body for body in bodies if body.startswith(who)]
                assert own == [f"{who} {number}" for number in range(40) if number % 2 == (who != "child")]
            return killed

        killed = asyncio.run(story())
        numbers = [row[0] for row in rows(house, house.facts[0]["rooms"]["academic"])]
        assert numbers == list(range(1, len(numbers) + 1))
        lost = house.run(
            "import json; from chat.models import Attendance\n"
            "from chat import duties; from django.utils import timezone; from datetime import timedelta\n"
            "duties.tick_rooms(timezone.now() + timedelta(seconds=50))\n"
            "print(json.dumps([row.until.timestamp() for row in Attendance.objects.order_by('pk')[:2]]))"
        )
        assert all(abs(until - killed) <= 15 for until in lost)
