"""A process that is told to stop: no new people, and what was said is still written."""

import asyncio
import signal
import sqlite3

from tests.chat.served import serving
from tests.chat.tabs import ready, rows, tab, within


def test_readiness_ends_with_the_order_to_stop_and_the_queue_is_written(tmp_path):
    with serving(tmp_path) as house:
        port = house.start()
        room = house.facts[0]["rooms"]["academic"]

        async def story() -> None:
            async with tab(house, port, "child") as child:
                await child.hello()
                await within(10, lambda: ready(port) == 200)
                other = sqlite3.connect(tmp_path / "demo.sqlite3", isolation_level=None)
                other.execute("BEGIN IMMEDIATE")  # the writer waits
                cid = await child.say("还没写下")
                await asyncio.sleep(0.3)
                house.process(port).send_signal(signal.SIGTERM)
                assert (await child.get("bye"))["why"] == "restart" and await child.close_code() == 4012
                assert await asyncio.to_thread(ready, port) == 503
                other.execute("ROLLBACK")
                other.close()
                assert cid

        asyncio.run(story())
        assert house.process(port).wait(10) == 0
        assert [row[3] for row in rows(house, room) if row[1] == "msg"] == ["还没写下"]
        left = house.run(
            "import json; from chat.models import Attendance\n"
            "print(json.dumps([row.why for row in Attendance.objects.all()]))"
        )
        assert left == ["left"]


def test_without_its_database_a_process_is_not_ready(two):
    for port in two.ports:
        asyncio.run(within(10, lambda port=port: ready(port) == 200))
    two.postgres.stop()
    try:
        assert {ready(port) for port in two.ports} == {503}
    finally:
        two.postgres.start()
    for port in two.ports:
        assert ready(port) == 200
