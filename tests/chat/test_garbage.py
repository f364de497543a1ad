"""A full look for garbage stops everybody: only when enough connections have gone."""

import asyncio
import gc
from types import SimpleNamespace
from weakref import ref

import pytest

from chat import garbage, routing
from chat.garbage import FEWEST, HOUR, Sweeper


class Circle:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(garbage.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("here", "gone", "looks"),
    [
        (0, FEWEST - 1, False),
        (0, FEWEST, True),
        (2000, FEWEST, False),
        (2000, 1999, False),
        (2000, 2000, True),
    ],
)
def test_it_looks_when_as_many_have_gone_as_are_here(clock, here, gone, looks):
    assert Sweeper().sweep(here=here, gone=gone) is looks


def test_those_that_were_swept_count_no_more(clock):
    sweeper = Sweeper()
    assert sweeper.sweep(here=0, gone=FEWEST)
    assert not sweeper.sweep(here=0, gone=2 * FEWEST - 1)
    assert sweeper.sweep(here=0, gone=2 * FEWEST)


def test_once_an_hour_it_looks_anyway(clock):
    sweeper = Sweeper()
    clock[0] = HOUR - 1
    assert not sweeper.sweep(here=0, gone=0)
    clock[0] = HOUR
    assert sweeper.sweep(here=0, gone=0)
    assert not sweeper.sweep(here=0, gone=0)


def test_what_goes_in_circles_is_gone_after_it():
    circle = Circle()
    gone = ref(circle)
    gc.disable()
    try:
        del circle
        assert gone() is not None
        assert Sweeper().sweep(here=0, gone=FEWEST)
    finally:
        gc.enable()
    assert gone() is None


@pytest.mark.parametrize("origin", [b"http://localhost", b"http://elsewhere.example"])
def test_who_is_not_let_in_counts_when_they_have_gone(monkeypatch, origin):
    """Else strangers who come all day fill the memory until the hour is over."""
    hub, said = SimpleNamespace(gone=0), []
    come_and_go = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])
    monkeypatch.setattr(routing, "the_hub", lambda: hub)

    async def receive():
        return next(come_and_go)

    async def send(message):
        said.append(message["type"])

    headers = [(b"host", b"localhost"), (b"origin", origin)]
    scope = {"type": "websocket", "path": "/ws/nothing/", "headers": headers}
    asyncio.run(routing.sockets(scope, receive, send))
    assert said and hub.gone == 1
