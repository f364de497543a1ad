"""When a room may be read in an emergency: a table. And numbers with gaps closed up."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.care.rules import Fault, fault_of, review_by
from chat.rules.gaps import Gaps

TODAY = date(2020, 2, 17)
REASON = "孩子昨天说不想回家，需要马上了解情况，确保安全"


@pytest.mark.parametrize(
    ("first", "last", "reason", "fault"),
    [
        (0, 0, REASON, None),
        (-30, 0, REASON, None),
        (-31, 0, REASON, Fault.TOO_LONG),
        (0, -1, REASON, Fault.BACKWARDS),
        (0, 1, REASON, Fault.TO_COME),
        (-366, -360, REASON, None),
        (-367, -360, REASON, Fault.TOO_OLD),
        (0, 0, "二" * 19, Fault.NO_REASON),
        (0, 0, "二" * 19 + "  \n", Fault.NO_REASON),
        (0, 0, "二" * 20, None),
    ],
)
def test_what_may_be_asked(first, last, reason, fault):
    days = {"first_day": TODAY + timedelta(days=first), "last_day": TODAY + timedelta(days=last)}
    assert fault_of(**days, reason=reason, today=TODAY) == fault


def test_what_was_done_alone_is_reviewed_the_next_day():
    assert review_by(TODAY) == date(2020, 2, 18)


spans = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 6)).map(lambda p: (p[0], p[0] + p[1])), max_size=5
)


@given(spans, st.lists(st.integers(1, 46), max_size=5))
def test_gaps_close_up_and_can_be_undone(spans, but):
    gaps = Gaps.of(spans, but)
    hidden = {s for first, last in spans for s in range(first, last + 1)} - set(but)
    left = [s for s in range(1, 60) if s not in hidden]
    assert [s for s in range(1, 60) if not gaps.hides(s)] == left
    assert [gaps.shown(s) for s in left] == list(range(1, len(left) + 1))
    assert [gaps.real(number) for number in range(1, len(left) + 1)] == left
