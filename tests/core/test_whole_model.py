"""The engine against the whole model in another solver's hands, on rounds too large for brute force."""

import random

import pytest

from bench.matching_peers import whole_model
from matching.core.locks import check_locks
from matching.core.problem import build
from matching.core.roster import Band, Child, Forbid, Mentor, Pin, Place, Roster, Teaching
from matching.core.solve import solve
from matching.core.verify import verify
from matching.core.weights import Weights

SUBJECTS = ("math", "english", "physics")


def mid_size(seed: int) -> Roster:
    """About 30 children; short of seats, hours or both, more or less by the seed; some mentors in both roles."""
    draw = random.Random(seed)
    hours = [19, 20, 43, 44, 67, 68, 130, 131]
    scarce = draw.choice([0.6, 0.85, 1.0, 1.3])

    def slots(least: int, most: int) -> frozenset[int]:
        return frozenset(draw.sample(hours, draw.randint(least, most)))

    children = tuple(
        Child(
            id=f"K{i:02}",
            grade=draw.randint(1, 6),
            subjects=tuple(draw.sample(SUBJECTS, draw.randint(1, 2))),
            slots=slots(1, 4),
            district=draw.choice("ab"),
            preferred_gender=draw.choice([None, None, "f", "m"]),
            priority=draw.choice([0, 0, 0, 1, 2, 3]),
        )
        for i in range(draw.randint(20, 36))
    )
    mentors = []
    seats = {"academic": 0, "wellbeing": 0}
    while min(seats.values()) < scarce * len(children):
        role = min(seats, key=lambda name: seats[name])
        both = draw.random() < 0.25
        capacity = draw.randint(1, 4)
        seats[role] += capacity
        mentors.append(
            Mentor(
                id=f"M{len(mentors):02}",
                academic=both or role == "academic",
                wellbeing=both or role == "wellbeing",
                certified=True,
                teaches=tuple(Teaching(s, draw.randint(1, 3), draw.randint(4, 6)) for s in SUBJECTS[:2]),
                wellbeing_bands=(Band(draw.randint(1, 3), draw.randint(4, 6)),),
                slots=slots(2, 6),
                capacity=capacity,
                district=draw.choice("ab"),
                gender=draw.choice(["f", "m"]),
            )
        )
    pins = []
    for kid in draw.sample(children, 2):
        role = draw.choice(["academic", "wellbeing"])
        able = [m for m in mentors if getattr(m, role) and m.slots & kid.slots]
        if able:
            pins.append(Pin(kid.id, draw.choice(able).id, role))
    forbids = [Forbid(draw.choice(children).id, draw.choice(mentors).id) for _ in range(3)]
    roster = Roster(children, tuple(mentors), tuple(pins), tuple(forbids))
    return roster if not check_locks(roster) else Roster(children, tuple(mentors), (), tuple(forbids))


@pytest.mark.parametrize("seed", range(8))
def test_the_whole_model_agrees_at_all_four_levels(seed: int) -> None:
    roster = mid_size(seed)
    problem = build(roster, Weights())
    result = solve(roster)
    best = whole_model(problem).score(problem)
    assert (result.complete, result.priority_complete, result.roles_filled, result.value) == best
    bounds = (result.complete_bound, result.priority_bound, result.roles_bound, result.value_bound)
    assert bounds == best
    places = [Place(p.child, p.role, p.mentor, p.slot) for p in result.places]
    assert verify(roster, places) == []
