"""Where one more mentor helps most: what is named has been solved again."""

from dataclasses import replace

from matching.core.openings import where_one_more_helps
from matching.core.plan import Options
from matching.core.roster import Band, Child, Mentor, Roster, Teaching
from matching.core.solve import solve

HOURS = frozenset({19, 20, 43, 44})


def teacher(id_: str, subject: str, capacity: int) -> Mentor:
    return Mentor(id_, True, False, False, (Teaching(subject, 1, 6),), (), HOURS, capacity)


def test_the_best_opening_comes_first_and_wins_what_it_says() -> None:
    maths = tuple(Child(f"K{i}", 2, ("math",), HOURS) for i in range(4))
    english = tuple(Child(f"L{i}", 5, ("english",), HOURS) for i in range(2))
    counsellors = tuple(Mentor(f"W{i}", False, True, True, (), (Band(1, 6),), HOURS, 4) for i in range(2))
    roster = Roster((*maths, *english), (teacher("T1", "math", 2), teacher("T2", "english", 1), *counsellors))
    result = solve(roster)
    assert result.complete == 3
    best, second = where_one_more_helps(roster, result.open, Options())
    assert (best.role, best.subject, best.low, best.high, best.children) == ("academic", "math", 1, 3, 1)
    assert (second.subject, second.low, second.children) == ("english", 4, 1)
    new = replace(teacher("T3", "math", best.capacity), slots=frozenset(best.slots))
    assert solve(replace(roster, mentors=(*roster.mentors, new))).complete == result.complete + best.children


def test_nothing_is_named_that_wins_nothing() -> None:
    alone = Child("K1", 2, ("math",), frozenset({19}))
    counsellor = Mentor("W1", False, True, True, (), (Band(1, 6),), frozenset({19}), 4)
    roster = Roster((alone,), (teacher("T1", "math", 1), counsellor))
    assert where_one_more_helps(roster, solve(roster).open, Options()) == []
