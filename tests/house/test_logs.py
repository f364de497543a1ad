"""The words of an exception stand in no line of ours, whichever way it is logged; its kind does."""

import asyncio
import gc
import io
import logging
from collections.abc import Callable, Iterator

import pytest

from backend.logs import WithoutWords

WORDS = "金丝雀甲) 13912340000"


class OwnWords(Exception):
    def __repr__(self) -> str:
        return f"told of {WORDS}"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(WithoutWords("{name} {message}", style="{"))
    loggers = [logging.getLogger(name) for name in ("a.log", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    yield written
    for logger in loggers:
        logger.removeHandler(handler)


def written_in_the_message(log: logging.Logger) -> None:
    try:
        raise OwnWords(WORDS)
    except OwnWords as error:
        log.exception(f"it failed: {error} ({error!r})")


def caused(log: logging.Logger) -> None:
    try:
        try:
            raise KeyError(WORDS)
        except KeyError as error:
            raise ValueError("another") from error
    except ValueError as error:
        log.exception(f"it failed: {error.__cause__}")


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        (lambda log: log.error(ValueError(WORDS)), "builtins.ValueError"),
        (lambda log: log.error("no: %s", ValueError(WORDS)), "no: builtins.ValueError"),
        (lambda log: log.error("no: %(why)s", {"why": ValueError(WORDS)}), "no: builtins.ValueError"),
        (lambda log: log.error("no: %s %s", 1, [ValueError(WORDS)]), "no: 1 ['builtins.ValueError']"),
        (lambda log: log.error("no: %s", {"why": (ValueError(WORDS),)}), "builtins.ValueError"),
        (written_in_the_message, "OwnWords"),
        (caused, "builtins.KeyError"),
    ],
)
def test_an_exception_is_logged_as_its_kind(
    lines: io.StringIO, say: Callable[[logging.Logger], None], kind: str
) -> None:
    say(logging.getLogger("a.log"))
    assert kind in lines.getvalue() and "13912340000" not in lines.getvalue()


def test_a_circle_of_causes_ends(lines: io.StringIO) -> None:
    one, two = ValueError(WORDS), KeyError(WORDS)
    one.__cause__, two.__cause__ = two, one
    logging.getLogger("a.log").error("no", exc_info=one)
    assert "builtins.ValueError" in lines.getvalue()


@pytest.mark.parametrize("error", [ValueError(f"{WORDS}\nand (more"), OwnWords(WORDS)])
def test_a_task_whose_exception_nobody_took_is_logged_without_words(
    lines: io.StringIO, error: Exception
) -> None:
    async def fail() -> None:
        raise error

    async def forget() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.wait([task])

    asyncio.run(forget())
    error.__traceback__ = None
    gc.collect()
    said = lines.getvalue()
    assert "Task exception was never retrieved" in said and type(error).__name__ in said
    assert "13912340000" not in said and "more" not in said


def test_a_task_is_logged_without_the_words_of_its_exception(lines: io.StringIO) -> None:
    async def fail() -> None:
        raise ValueError(WORDS)

    async def tell() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.wait([task])
        logging.getLogger("a.log").error("%r is over", task)
        task.exception()

    asyncio.run(tell())
    assert "exception=ValueError" in lines.getvalue() and "13912340000" not in lines.getvalue()


def test_what_is_no_exception_stays(lines: io.StringIO) -> None:
    logging.getLogger("a.log").error("%s of %s (%d)", "three", ["four"], 5)
    logging.getLogger("a.log").error("%(a)s%%", {"a": 7})
    logging.getLogger("a.log").error("plain 5%")
    assert lines.getvalue() == "a.log three of ['four'] (5)\na.log 7%\na.log plain 5%\n"
