"""The browser's client in a real Chromium, against a small room that loses connections and refuses."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from backend.testing import FLAGS, find_chromium
from chat.protocol import Seen, parse
from tests.browser.conftest import ROOT
from tests.chat.tiny_room import TinyRoom, with_room, within

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
CLIENT = ROOT / "backend/web/static/web/room/client.js"
# What a page does with a client, without a page: `rows` is the transcript, `told` all the rest.
HARNESS = """async ([url, page, kept]) => {
  const { Outbox, RoomClient } = await import("/client.js");
  for (const [cid, order, body] of kept) {
    localStorage.setItem(`outbox:1:child:${cid}`, JSON.stringify({ body, order }));
  }
  const rows = [], told = [];
  const tell = (kind) => (...facts) => told.push([kind, ...facts]);
  const names = ["presence", "typing", "read", "warn", "held", "masked", "refused", "settled", "line", "welcome"];
  const on = Object.fromEntries(names.map((name) => [name, tell(name)]));
  on.row = (row) => rows.push([row.s, row.from, row.cid, row.body]);
  on.reset = (page) => {
    rows.length = 0;
    for (const row of page.results) on.row(row);
  };
  const outbox = new Outbox(localStorage, "1:child");
  const loadPage = async () => (await fetch("/page")).json();
  window.client = new RoomClient({ url, you: "child", page, outbox, loadPage, on, firstWait: 20 });
  Object.assign(window, { rows, told });
  client.open();
}"""
NOTHING = {"epoch": "", "last": 0}


@asynccontextmanager
async def tab(url: str, page: Any = NOTHING, kept: Any = ()) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        tab = await browser.new_page()
        await tab.goto(url.replace("ws:", "http:"))
        await tab.evaluate(HARNESS, [url, page, list(kept)])
        yield tab
        await browser.close()


async def until(tab: Page, condition: str) -> None:
    await tab.wait_for_function(condition, timeout=30_000, polling=20)


def run(room: TinyRoom, story: Callable[[str], Awaitable[None]]) -> None:
    """The story, with the client's module and the room's page served beside the socket."""

    async def answer(connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        kind, body = "text/html", "<!doctype html>"
        if request.path == "/client.js":
            kind, body = "text/javascript", CLIENT.read_text()
        elif request.path == "/page":
            kind, body = "application/json", json.dumps(await room.page())
        headers = Headers({"Content-Type": kind, "Content-Length": str(len(body.encode()))})
        return Response(200, "OK", headers, body.encode())

    with_room(room, story, answer)


def test_everything_said_arrives_once_and_in_order_whatever_breaks() -> None:
    room = TinyRoom(random.Random(7), trouble=0.15)

    async def story(url: str) -> None:
        async with tab(url) as child:
            said = []
            for i in range(40):
                said.append(await child.evaluate("body => client.say(body)", f"第{i}句"))
                await room.tell(room.commit("mentor", f"mentor {i}", f"回答{i}"))
            await until(child, "client.outbox.entries.size === 0")
            assert await child.evaluate("Object.keys(localStorage).length") == 0
            room.trouble = 0
            await room.tell(room.commit("mentor", "last", "再见"))
            await until(child, f"client.last === {len(room.log)}")
            truth = [[row["s"], row["from"], row["cid"], row["body"]] for row in room.log]
            assert [cid for _, side, cid, _ in truth if side == "child"] == said
            assert await child.evaluate("rows") == truth

    run(room, story)
    assert room.troubles > 10


def test_what_a_reload_found_unsent_goes_first_and_a_restore_drops_only_the_copy() -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    room.commit("mentor", "m1", "从备份来")
    first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    kept = [(second, 2, "后说的"), (first, 1, "先说的")]

    async def story(url: str) -> None:
        async with tab(url, {"epoch": "zero", "last": 40}, kept) as child:
            await child.evaluate("client.say('刚说的')")
            await until(child, "client.outbox.entries.size === 0")
            bodies = await child.evaluate("rows.map((row) => row[3])")
            assert bodies == ["从备份来", "先说的", "后说的", "刚说的"]
            assert await child.evaluate("client.epoch") == "one"

    run(room, story)


def test_what_was_under_way_behind_a_refused_message_is_sent_again_in_order() -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    strokes = iter([True])
    room.unlucky = lambda: next(strokes, False)  # type: ignore[method-assign]

    async def story(url: str) -> None:
        async with tab(url) as child:
            said = await child.evaluate("['一', '二', '三'].map((body) => client.say(body))")
            await until(child, "client.outbox.entries.size === 0")
            assert [row["cid"] for row in room.log] == said

    run(room, story)


def test_credit_is_given_while_a_long_replay_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    for i in range(200):
        room.commit("mentor", f"m{i}", "句")
    seen: list[int] = []

    def note(text: str | bytes) -> Any:
        frame = parse(text)
        if isinstance(frame, Seen):
            seen.append(frame.s)
        return frame

    monkeypatch.setattr("tests.chat.tiny_room.parse", note)

    async def story(url: str) -> None:
        async with tab(url) as child:
            await until(child, "client.last === 200")
            await within(5, lambda: len(seen) >= 3)

    run(room, story)
    assert seen[:3] == [64, 128, 192]


def test_refused_words_come_back_held_ones_are_said_to_be_and_a_close_for_good_is_final() -> None:
    room = TinyRoom(random.Random(7), trouble=0)
    connections = []

    async def serve(ws: ServerConnection) -> None:
        connections.append(ws)
        async for text in ws:
            frame = json.loads(text)
            if frame["t"] == "hello":
                await ws.send(json.dumps({"t": "welcome", "epoch": "one", "limits": {}}))
                await ws.send(json.dumps({"t": "ready", "s": 0}))
            elif frame.get("body") == "太晚了":
                refusal = {"t": "err", "code": "closed", "detail": "x", "retry_ms": 1, "cid": frame["cid"]}
                await ws.send(json.dumps(refusal))
            elif frame.get("body") == "等一等":
                await ws.send(json.dumps({"t": "ack", "cid": frame["cid"], "held": True}))
                await ws.close(4404)

    room.serve = serve  # type: ignore[method-assign]

    async def story(url: str) -> None:
        async with tab(url) as child:
            await child.evaluate("['太晚了', '等一等'].map((body) => client.say(body))")
            await until(child, "told.some(([kind, what]) => kind === 'line' && what === 'away')")
            told = await child.evaluate("told")
            assert [(t[1]["code"], t[1]["body"]) for t in told if t[0] == "refused"] == [("closed", "太晚了")]
            assert [(t[1]["state"], t[1]["body"]) for t in told if t[0] == "held"] == [("waiting", "等一等")]
            assert told[-1] == ["line", "away", 4404]
            await child.wait_for_timeout(300)
            assert len(connections) == 1
            assert await child.evaluate("client.outbox.entries.size") == 0

    run(room, story)
