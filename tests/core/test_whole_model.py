"""The engine against the whole model in another solver's hands, on rounds too large for brute force."""

import dataclasses
import random
from functools import cache

import numpy as np
import pytest

from bench.matching_peers import whole_model
from matching.core import outset
from matching.core.locks import check_locks
from matching.core.market import Market
from matching.core.outset import Outset, Score
from matching.core.plan import OpenRole, Options, Result
from matching.core.problem import Problem, build, role_of
from matching.core.roster import SLOTS, Band, Child, Forbid, Mentor, Pin, Place, Roster, Teaching, slot_code
from matching.core.solve import solve
from matching.core.verify import verify
from matching.core.weights import Weights

SUBJECTS = ("math", "english", "physics")


def mid_size(seed: int) -> Roster:
    """About 30 children; short of seats, hours or both, or of nothing, by the seed; some mentors in both roles."""
    draw = random.Random(seed)
    plenty = seed % 3 == 0
    hours = [19, 20, 43, 44, 67, 68, 130, 131]
    scarce = 1.4 if plenty else draw.choice([0.6, 0.85, 1.0, 1.3])

    def slots(least: int, most: int) -> frozenset[int]:
        return frozenset(draw.sample(hours, draw.randint(least, most)))

    children = tuple(
        Child(
            id=f"K{i:02}",
            grade=draw.randint(1, 6),
            subjects=tuple(draw.sample(SUBJECTS, 3 if plenty else draw.randint(1, 2))),
            slots=slots(4, 7) if plenty else slots(1, 4),
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
                teaches=tuple(
                    Teaching(s, 1 if plenty else draw.randint(1, 3), 6 if plenty else draw.randint(4, 6))
                    for s in SUBJECTS[:2]
                ),
                wellbeing_bands=(Band(1, 6) if plenty else Band(draw.randint(1, 3), draw.randint(4, 6)),),
                slots=slots(4, 8) if plenty else slots(2, 6),
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


@pytest.mark.parametrize(
    "seed", [1, 2, 5, 32, *(pytest.param(seed, marks=pytest.mark.deep) for seed in (0, 3, 4, 6, 7))]
)
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


@pytest.mark.parametrize("seed", [0, 4, 101])
def test_a_large_round_that_looks_at_few_places_at_first_agrees_too(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = mid_size(seed)
    whole = solve(roster)
    monkeypatch.setattr(outset, "FEW_PAIRS", 0)
    monkeypatch.setattr(outset, "DEAREST", 2)
    few = solve(roster)
    assert few.proved_optimal
    assert (few.complete, few.priority_complete, few.roles_filled, few.value) == (
        whole.complete,
        whole.priority_complete,
        whole.roles_filled,
        whole.value,
    )


@pytest.mark.parametrize("seed", [0, 3, 6, 9])
def test_places_that_were_not_looked_at_count_in_the_bound(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = mid_size(seed)
    best = solve(roster)
    for name, few in (("FEW_PAIRS", 0), ("DEAREST", 2), ("WIDENINGS", 0)):
        monkeypatch.setattr(outset, name, few)
    quick = solve(roster, Options(gap=0.2))
    assert quick.complete <= best.complete <= quick.complete_bound
    if (quick.complete, quick.roles_filled) == (best.complete, best.roles_filled):
        assert quick.value_bound >= best.value


@pytest.mark.parametrize("seed", [19, 32, 37])
def test_a_bound_that_another_assignment_tightened_still_holds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in (("FEW_PAIRS", 0), ("DEAREST", 1), ("LUCK", 200)):
        monkeypatch.setattr(outset, name, few)
    roster = dataclasses.replace(mid_size(seed), pins=())
    found = solve(roster, Options(reasons=False))
    assert found.proved_optimal
    best = Score(found.complete, found.priority_complete, found.roles_filled, found.value)
    start = Outset(Market(roster, Weights()))
    loose, through = dataclasses.astuple(start.bound(best)), start._through
    start.tighten(best)
    tight = dataclasses.astuple(start.bound(best))
    assert all(a <= b <= c for a, b, c in zip(dataclasses.astuple(best), tight, loose, strict=True))
    # The flow through children, which bounds all levels at once, came nearer and is still above the best plan.
    (alone, more), s = start._apart, start.scale
    reached = s.both * best.complete + s.rank * best.priority + s.role * (best.roles - alone) + best.value
    assert reached - more <= start._through < through


def test_a_mentor_whom_both_roles_want_most_has_only_one_of_them() -> None:
    hours = frozenset({19, 20, 43, 44})
    child = Child("K", 3, ("math",), hours, "a")
    teachings = (Teaching("math", 1, 5),)
    best = Mentor("B", True, True, True, teachings, (Band(1, 5),), hours, 2, "a")
    others = (
        Mentor("T", True, False, False, teachings, (), hours, 1),
        Mentor("W", False, True, True, (), (Band(1, 5),), hours, 1),
    )
    for options in (Options(), Options(time_limit=0.0), Options(gap=0.5)):
        result = solve(Roster((child,), (best, *others)), options)
        assert {place.mentor for place in result.places} in ({"B", "W"}, {"B", "T"})


def test_a_child_with_a_single_hour_costs_no_more_than_others() -> None:
    roster = mid_size(0)
    late = dataclasses.replace(
        roster.children[0], id="Z", slots=frozenset(list(roster.children[0].slots)[:1])
    )
    result = solve(dataclasses.replace(roster, children=(*roster.children, late)))
    assert result.proved_optimal and result.complete == len(roster.children)
    assert set(result.seconds_by_stage) <= {"build", "flow", "value", "reasons"}


@pytest.mark.parametrize("seed", [1, 12])
def test_rows_in_another_order_give_the_same_plan_and_the_same_reasons(seed: int) -> None:
    roster, draw = mid_size(seed), random.Random(seed)
    rows = (roster.children, roster.mentors, roster.pins, roster.forbids)
    shuffled = Roster(*(tuple(draw.sample(some, len(some))) for some in rows))
    one, other = solve(roster), solve(shuffled)
    assert shuffled != roster and (other.places, other.open) == (one.places, one.open)


@pytest.mark.parametrize("seed", [0, 3, 12, 24])
def test_around_pins_chains_of_moves_are_near_enough_without_a_linear_program(seed: int) -> None:
    roster = mid_size(seed)
    result = solve(roster, Options(gap=0.05, reasons=False))
    assert roster.pins and result.complete == len(roster.children) and result.gap <= 0.05
    assert set(result.seconds_by_stage) == {"build", "flow", "reasons"}


@pytest.mark.parametrize("seed", [101, 109, 113])
def test_a_time_limit_never_costs_a_child_both_mentors(seed: int) -> None:
    roster = mid_size(seed)
    assert solve(roster, Options(time_limit=0.0)).complete == solve(roster).complete


@cache
def solved(seed: int) -> Result:
    return solve(mid_size(seed))


@pytest.mark.parametrize("options", [Options(time_limit=0.0), Options(time_limit=0.05), Options(gap=0.01)])
@pytest.mark.parametrize("seed", range(30, 36))
def test_a_stopped_plan_is_valid_and_its_bounds_hold(seed: int, options: Options) -> None:
    roster = mid_size(seed)
    best, result = solved(seed), solve(roster, options)
    assert verify(roster, [Place(p.child, p.role, p.mentor, p.slot) for p in result.places]) == []
    names = ("complete", "priority_complete", "roles_filled", "value")
    bounds = (result.complete_bound, result.priority_bound, result.roles_bound, result.value_bound)
    for level, (name, bound) in enumerate(zip(names, bounds, strict=True)):
        assert getattr(result, name) <= bound
        if [getattr(result, above) for above in names[:level]] == [getattr(best, n) for n in names[:level]]:
            assert bound >= getattr(best, name)
    reached = tuple(getattr(result, name) for name in names)
    assert result.proved_optimal == (reached == bounds)
    if options.gap:
        assert result.gap <= options.gap and reached[:3] == (
            best.complete,
            best.priority_complete,
            best.roles_filled,
        )


def test_what_stays_is_worth_its_points_and_the_figures_leave_them_out() -> None:
    roster = mid_size(33)
    first = solve(roster)
    before = tuple(Place(p.child, p.role, p.mentor, p.slot) for p in first.places)
    gone = before[0].mentor
    fewer = dataclasses.replace(
        roster, mentors=tuple(m for m in roster.mentors if m.id != gone), pins=(), forbids=()
    )
    anew = solve(fewer, Options(previous=before))
    kept = solve(fewer, Options(previous=before, stickiness=50))
    assert kept.pairs_kept >= anew.pairs_kept and kept.value <= anew.value
    assert kept.objective == kept.value + 50 * (kept.pairs_kept + kept.slots_kept) == kept.objective_bound
    # The value's own bound is that of a plan that need not keep anything.
    assert anew.value <= kept.value_bound < kept.objective_bound
    assert kept.value_bound <= 1.02 * anew.value
    assert kept.previous_ignored == sum(place.mentor == gone for place in before)
    problem = build(fewer, Weights())
    sticky = dataclasses.replace(problem, value=problem.value + _sticky_points(problem, before, 50))
    assert kept.objective == whole_model(sticky).score(sticky)[3]


def _sticky_points(problem: Problem, before: tuple[Place, ...], points: int) -> np.ndarray:
    pairs = {(p.child, p.role, p.mentor): p.slot for p in before}
    worth = []
    for unit, mentor, slot in zip(problem.unit, problem.mentor, problem.slot, strict=True):
        at = pairs.get((problem.children[unit // 2].id, role_of(unit), problem.mentors[mentor].id))
        worth.append(0 if at is None else 2 * points if at == slot else points)
    return np.array(worth, dtype=np.int64)


@pytest.mark.parametrize("seed", [47, *(pytest.param(seed, marks=pytest.mark.deep) for seed in (40, 41, 43))])
def test_every_remedy_serves_its_role_when_solved_again(seed: int) -> None:
    roster = mid_size(seed)
    result = solve(roster)
    assert result.open
    for item in result.open[:: max(1, len(result.open) // 4)]:
        assert item.remedy, item
        anew = solve(with_remedy(roster, item))
        assert anew.roles_filled > result.roles_filled or anew.complete > result.complete, item
        missing = [(other.child, other.role) for other in result.open if other.child == item.child]
        if missing == [(item.child, item.role)]:
            assert anew.complete > result.complete, item


def with_remedy(roster: Roster, item: OpenRole) -> Roster:
    """The roster after the change that the remedy names."""
    remedy = item.remedy
    kid = next(child for child in roster.children if child.id == item.child)

    def changed(people: tuple, name: object, **changes: object) -> tuple:
        return tuple(dataclasses.replace(p, **changes) if p.id == name else p for p in people)

    if remedy["change"] == "seat":
        mentors = changed(roster.mentors, remedy["mentor"], capacity=remedy["seats"])
        return dataclasses.replace(roster, mentors=mentors)
    hours = {slot_code(slot): slot for slot in range(SLOTS)}
    if remedy["change"] == "hour":
        children = changed(roster.children, kid.id, slots=kid.slots | {hours[str(remedy["slot"])]})
        return dataclasses.replace(roster, children=children)
    if remedy["change"] == "lift_forbid":
        left = tuple(f for f in roster.forbids if (f.child, f.mentor) != (kid.id, remedy["mentor"]))
        return dataclasses.replace(roster, forbids=left)
    slot = 0 if remedy["change"] == "mentor_and_hour" else hours[str(remedy["slot"])]
    new = Mentor(
        id="NEW",
        academic=item.role == "academic",
        wellbeing=item.role == "wellbeing",
        certified=True,
        teaches=(Teaching(str(remedy.get("subject", "math")), kid.grade, kid.grade),),
        wellbeing_bands=(Band(kid.grade, kid.grade),),
        slots=frozenset({slot}),
        capacity=1,
    )
    children = changed(roster.children, kid.id, slots=kid.slots | {slot})
    return dataclasses.replace(roster, children=children, mentors=(*roster.mentors, new))


def test_the_children_who_share_too_few_seats_are_counted() -> None:
    kids = tuple(Child(f"K{i}", 3, ("math",), frozenset({19, 20, 43})) for i in range(5))
    teacher = Mentor("T", True, False, False, (Teaching("math", 1, 6),), (), frozenset({19, 20, 43}), 2)
    # Nobody teaches what this one needs: it competes with none of them.
    other = Child("L", 3, ("english",), frozenset({19, 20, 43}))
    result = solve(Roster((*kids, other), (teacher,)))
    short = [item for item in result.open if item.role == "academic" and item.child != "L"]
    assert len(short) == 3
    assert all((i.facts["sharing"], i.facts["shared_seats"]) == (5, 2) for i in short)
    assert all(i.remedy == {"change": "seat", "mentor": "T", "seats": 3} for i in short)
