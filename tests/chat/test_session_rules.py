"""When time together begins and ends, against a model that walks through every second."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.protocol import Side
from chat.rules import sessions
from chat.rules.attendance import Connection
from chat.rules.moves import IllegalMove
from chat.rules.sessions import ACADEMIC, WELLBEING, Ended, Opened, Patience, Room, Warned

START = datetime(2020, 2, 17, 11, 0, tzinfo=UTC)
MENTOR, CHILD = Side.MENTOR, Side.CHILD


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@dataclass
class Story:
    """A room, told move by move; keeps what happened, in seconds."""

    room: Room = field(default_factory=lambda: Room(WELLBEING))
    happened: list[tuple[Any, ...]] = field(default_factory=list)

    def do(self, move: Callable[..., sessions.Step], *args: Any) -> "Story":
        self.room, happened = move(self.room, *args[:-1], at(args[-1]))
        for what in happened:
            match what:
                case Opened(moment):
                    self.happened.append(("opened", (moment - START).total_seconds()))
                case Warned(moment):
                    self.happened.append(("warned", (moment - START).total_seconds()))
                case Ended(moment, why, _):
                    self.happened.append(("ended", (moment - START).total_seconds(), str(why)))
        return self


def both_here(patience: Patience = WELLBEING) -> Story:
    """Mentor (tab 1) from 0, child (tab 2) from 10."""
    story = Story(Room(patience))
    return story.do(sessions.arrive, MENTOR, 1, 0).do(sessions.arrive, CHILD, 2, 10)


def test_a_session_opens_when_the_second_of_the_two_arrives() -> None:
    assert Story().do(sessions.arrive, CHILD, 1, 0).do(sessions.arrive, CHILD, 2, 5).happened == []
    assert both_here().happened == [("opened", 10)]


def test_words_of_one_alone_open_nothing() -> None:
    assert Story().do(sessions.arrive, CHILD, 1, 0).do(sessions.speak, CHILD, 5).happened == []


def test_after_the_mentor_ended_it_a_word_opens_the_next_and_typing_does_not() -> None:
    story = both_here().do(sessions.end, MENTOR, 100).do(sessions.stir, CHILD, 110).do(sessions.tick, 200)
    assert story.happened == [("opened", 10), ("ended", 100, "mentor")]
    assert story.do(sessions.speak, CHILD, 210).happened[2:] == [("opened", 210)]


def test_after_the_end_a_bad_line_opens_nothing_and_a_new_arrival_does() -> None:
    story = both_here().do(sessions.end, MENTOR, 100)
    story.do(sessions.leave, CHILD, 2, 110).do(sessions.arrive, CHILD, 3, 170)
    assert len(story.happened) == 2
    story.do(sessions.leave, CHILD, 3, 200).do(sessions.arrive, CHILD, 4, 261)
    assert story.happened[2:] == [("opened", 261)]


def test_a_second_tab_is_no_arrival() -> None:
    story = both_here().do(sessions.end, MENTOR, 100).do(sessions.arrive, CHILD, 3, 300)
    assert len(story.happened) == 2


@pytest.mark.parametrize(("patience", "minutes"), [(WELLBEING, 15), (ACADEMIC, 25)])
def test_silence_ends_it_at_the_last_activity_after_one_warning(patience: Patience, minutes: int) -> None:
    story = both_here(patience).do(sessions.stir, CHILD, 60)
    end = 60 + minutes * 60
    for second in range(60, end, 7):
        story.do(sessions.tick, second)
    assert story.happened == [("opened", 10), ("warned", end)]
    assert story.room.running is not None
    assert story.do(sessions.tick, end).happened[2:] == [("ended", 60, "idle")]


def test_the_warning_comes_3_minutes_before_and_again_after_new_activity() -> None:
    story = both_here().do(sessions.tick, 10 + 12 * 60 - 1)
    assert story.happened == [("opened", 10)]
    assert story.do(sessions.tick, 10 + 12 * 60).happened[1:] == [("warned", 910)]
    story.do(sessions.stir, MENTOR, 800).do(sessions.tick, 800 + 12 * 60)
    assert story.happened[2:] == [("warned", 1700)]


def test_it_ends_when_nobody_was_there_for_2_minutes_and_then_when_the_last_one_left() -> None:
    story = both_here().do(sessions.leave, MENTOR, 1, 100).do(sessions.leave, CHILD, 2, 130)
    assert story.do(sessions.tick, 249).happened == [("opened", 10)]
    assert story.do(sessions.tick, 250).happened[1:] == [("ended", 130, "empty")]


def test_a_lost_tab_that_was_last_seen_before_its_last_word_does_not_take_the_word_away() -> None:
    story = both_here().do(sessions.leave, MENTOR, 1, 50).do(sessions.speak, CHILD, 100)
    story.do(sessions.leave, CHILD, 2, 95).do(sessions.tick, 215)
    assert story.happened == [("opened", 10), ("ended", 100, "empty")]


def test_who_came_back_before_the_end_was_decided_is_not_new_after_it() -> None:
    story = both_here().do(sessions.leave, MENTOR, 1, 20).do(sessions.arrive, MENTOR, 3, 300)
    story.do(sessions.tick, 910).do(sessions.leave, CHILD, 2, 920).do(sessions.arrive, CHILD, 4, 925)
    assert story.happened == [("opened", 10), ("ended", 10, "idle")]


def test_one_who_waits_keeps_it_open_until_it_is_idle() -> None:
    story = both_here().do(sessions.leave, MENTOR, 1, 100).do(sessions.tick, 700)
    assert story.do(sessions.tick, 910).happened[-1] == ("ended", 10, "idle")


def test_an_end_that_came_too_late_is_the_end_that_was() -> None:
    story = both_here().do(sessions.end, MENTOR, 5000)
    assert story.happened == [("opened", 10), ("ended", 10, "idle")]


@pytest.mark.parametrize(
    ("move", "args", "expected"),
    [
        (sessions.end, (CHILD, 20), "the mentor"),
        (sessions.arrive, (MENTOR, 1, 20), "a new tab"),
        (sessions.leave, (MENTOR, 2, 20), r"one of the tabs \[1\]"),
    ],
)
def test_impossible_moves_say_what_was_expected(move: Any, args: tuple[Any, ...], expected: str) -> None:
    with pytest.raises(IllegalMove, match=f"expected {expected}.*, got "):
        both_here().do(move, *args)


def test_nobody_speaks_from_outside_and_nothing_ends_that_is_not_running() -> None:
    for move, *args in ((sessions.speak, CHILD, 1), (sessions.stir, MENTOR, 1), (sessions.end, MENTOR, 1)):
        with pytest.raises(IllegalMove, match="expected"):
            Story().do(move, *args)


# A move: after so many seconds, by whom, what.
MOVES = st.lists(
    st.tuples(
        st.sampled_from([1, 5, 59, 60, 61, 90, 119, 120, 121, 400, 719, 720, 899, 900, 901, 1000])
        | st.integers(1, 1000),
        st.sampled_from(Side),
        st.sampled_from(["arrive", "arrive", "leave", "speak", "stir", "end"]),
    ),
    max_size=30,
)


def model(moves: list[tuple[int, Side, str]], idle: int, until: int) -> list[tuple[Any, ...]]:
    """Second by second, with nothing but counters and flags."""
    tabs = {MENTOR: 0, CHILD: 0}
    left: dict[Side, int] = {}
    fresh: set[Side] = set()  # came (not only came back) since the last end
    opened: int | None = None
    active = last_gone = 0
    happened: list[tuple[Any, ...]] = []
    by_second: dict[int, tuple[Side, str]] = {}
    now = 0
    for wait, side, what in moves:
        now += wait
        by_second[now] = (side, what)
    for second in range(until + 1):
        end: tuple[int, str] | None = None
        if opened is not None:
            if not any(tabs.values()) and second - last_gone == 120:
                end = (max(last_gone, active), "empty")
            elif second - active == idle:
                end = (active, "idle")
        if end:
            happened.append(("ended", *end))
            opened, fresh = None, set()
        if second not in by_second:
            continue
        side, what = by_second[second]
        together = all(tabs.values())
        if what == "arrive":
            tabs[side] += 1
            if tabs[side] == 1:
                if side not in left or second - left[side] > 60:
                    fresh.add(side)
                if opened is None and all(tabs.values()) and fresh:
                    opened = active = second
                    happened.append(("opened", second))
        elif what == "leave" and tabs[side]:
            tabs[side] -= 1
            left[side] = last_gone = second
        elif what in ("speak", "stir") and tabs[side]:
            if opened is not None:
                active = second
            elif what == "speak" and together:
                opened = active = second
                happened.append(("opened", second))
        elif what == "end" and side is MENTOR and opened is not None:
            happened.append(("ended", second, "mentor"))
            opened, fresh = None, set()
    return happened


def play(moves: list[tuple[int, Side, str]], patience: Patience, ticks: set[int], until: int) -> Story:
    """The same through the rules, with a clock that ticks now and then, and rows kept beside."""
    story = Story(Room(patience))
    rows: dict[int, Connection] = {}
    now = 0
    for tab, (wait, side, what) in enumerate(moves):
        for second in sorted(t for t in ticks if now < t < now + wait):
            story.do(sessions.tick, second)
        now += wait
        open_tabs = story.room.person(side).tabs
        if what == "arrive":
            story.do(sessions.arrive, side, tab, now)
            rows[tab] = Connection(tab, side, at(now), at(now))
        elif what == "leave" and open_tabs:
            gone = min(open_tabs)
            story.do(sessions.leave, side, gone, now)
            rows[gone] = replace(rows[gone], until=at(now))
        elif what in ("speak", "stir") and open_tabs:
            story.do(sessions.speak if what == "speak" else sessions.stir, side, now)
        elif what == "end" and side is MENTOR and story.room.running:
            story.do(sessions.end, side, now)
        seen = [row if row.until else replace(row, last_seen_at=at(now)) for row in rows.values()]
        restored = sessions.restore(
            seen, patience=patience, running=story.room.running, closed_at=story.room.closed_at
        )
        assert restored == story.room
    return story.do(sessions.tick, until)


@settings(max_examples=200)
@given(MOVES, st.sampled_from([WELLBEING, ACADEMIC]), st.sets(st.integers(0, 20_000), max_size=10))
def test_sessions_are_those_of_the_model_however_the_clock_ticks(
    moves: list[tuple[int, Side, str]], patience: Patience, ticks: set[int]
) -> None:
    until = sum(wait for wait, _, _ in moves) + 4000
    story = play(moves, patience, ticks, until)
    expected = model(moves, int(patience.idle.total_seconds()), until)
    assert [what for what in story.happened if what[0] != "warned"] == expected


@settings(max_examples=50)
@given(MOVES)
def test_the_next_tick_is_the_first_that_does_anything(moves: list[tuple[int, Side, str]]) -> None:
    room = play(moves, WELLBEING, set(), sum(wait for wait, _, _ in moves)).room
    while (due := sessions.next_tick(room)) is not None:
        before = due - timedelta(microseconds=1)
        assert sessions.tick(room, before) == (room, ())
        room, happened = sessions.tick(room, due)
        assert happened
    assert room.running is None
