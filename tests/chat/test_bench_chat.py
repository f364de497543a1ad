"""`manage.py bench chat`: its instruments see what goes wrong, and a small run of it measures."""

import asyncio
import json
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import call_command
from websockets.asyncio.server import serve

from bench.chat_peers import _pairs
from bench.load import Load, clock
from bench.members import Member


class Careless:
    """A chat that sends back to both what was said; what it does to the other's copies is told by their order."""

    def __init__(self, *, forgets: int = 0, doubles: int = 0, swaps: int = 0) -> None:
        self.forgets, self.doubles, self.swaps = forgets, doubles, swaps
        self.rooms, self.number, self.kept_back = defaultdict(list), 0, None

    async def serve(self, socket) -> None:
        room = self.rooms[socket.request.path]
        room.append(socket)
        async for text in socket:
            self.number += 1
            await socket.send(text)
            others = [each for each in room if each is not socket]
            for copy in self.copies(text):
                for other in others:
                    await other.send(copy)

    def copies(self, text: str) -> list[str]:
        if self.number <= self.forgets:
            return []
        if self.number <= self.forgets + self.doubles:
            return [text, text]
        if self.swaps and self.kept_back is None:
            self.kept_back = text
            return []
        if self.swaps:
            self.swaps -= 1
            kept, self.kept_back = self.kept_back, None
            return [text, kept]
        return [text]


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({}, (0, 0, 0, 0)),
        ({"forgets": 4}, (4, 4, 0, 0)),
        ({"doubles": 5}, (0, 0, 5, 0)),
        ({"swaps": 3}, (0, 0, 0, 3)),
    ],
)
def test_what_is_lost_doubled_and_reordered_is_counted(faults, expected):
    async def story():
        chat = Careless(**faults)
        async with serve(chat.serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            load = Load(lambda: 0.0)
            members = _pairs([Member(load, "/1", {}, clock) for _ in "ab"])
            _, failed = await load.connect("127.0.0.1", port, members)
            assert failed == 0
            # Only one of the two speaks, so the order is that of one sender.
            load.members = members[:1]
            tally = await load.offer(200, 0.3, drain=0.5)
            load.members = members
            await load.hang_up()
        assert tally.sent > 20
        assert (tally.undelivered, tally.lost, tally.doubled, tally.reordered) == expected
        assert len(tally.late) == tally.heard == tally.sent - tally.undelivered

    asyncio.run(story())


def test_a_small_run_measures_and_goes_on_where_it_stopped(tmp_path: Path, capsys) -> None:
    found = tmp_path / "chat.json"
    small = ["--parts", "load", "--seconds", "0.5", "--repeat", "1", "--json", str(found), "--rooms", "2"]
    call_command("bench", "chat", "--peers", "broadcast", *small)
    [first] = json.loads(found.read_text())
    call_command("bench", "chat", "--peers", "ours-sqlite", "broadcast", *small)
    before, ours = sorted(json.loads(found.read_text()), key=lambda row: row["peer"])
    assert before == first
    for row in (first, ours):
        assert row["failed"] == row["gone"] == row["problems"] == 0
        assert row["rate"] > 0 and row["quiet"]["sent"] > 50
        assert [row[f"all_{what}"] for what in ("lost", "doubled", "reordered")] == [0, 0, 0]
    printed = capsys.readouterr().out
    assert "2 rooms of two" in printed and "ours-sqlite" in printed
