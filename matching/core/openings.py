"""Where one more mentor would help most: a few likely places, each solved again before it is named."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median_low

from matching.core.changes import NEW
from matching.core.plan import OpenRole, Options
from matching.core.roster import ACADEMIC, STAGES, WELLBEING, Band, Child, Mentor, Role, Roster, Teaching
from matching.core.solve import solve

NEARLY = 0.001


@dataclass(frozen=True, slots=True)
class Opening:
    """One more mentor for these grades (and subject, None for wellbeing), free at ``slots``, most wanted first.

    children: so many more children would have both mentors.  roles: so many more roles would be filled.
    """

    role: Role
    subject: str | None
    low: int
    high: int
    slots: tuple[int, ...]
    capacity: int
    children: int
    roles: int


def where_one_more_helps(
    roster: Roster, still_open: Iterable[OpenRole], options: Options, *, most: int = 5
) -> list[Opening]:
    """Openings that win something, the best first; ``most`` of them are tried.

    The new mentor is one like the others of the role: of middling capacity, and with as many hours.
    """
    children = {child.id: child for child in roster.children}
    groups: dict[tuple[Role, str | None, tuple[int, int]], list[Child]] = {}
    for item in still_open:
        child = children[item.child]
        stage = next(band for band in STAGES if band[0] <= child.grade <= band[1])
        subjects = child.subjects if item.role == ACADEMIC else (None,)
        for subject in subjects:
            groups.setdefault((item.role, subject, stage), []).append(child)
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), str(group[0])))[:most]
    nearly = replace(options, gap=max(options.gap, NEARLY), reasons=False)
    base = solve(roster, nearly)
    found = []
    for (role, subject, (low, high)), waiting in ranked:
        mentor = _like_the_others(roster, role, subject, low, high, waiting)
        anew = solve(replace(roster, mentors=(*roster.mentors, mentor)), nearly)
        wanted = Counter(slot for child in waiting for slot in child.slots)
        slots = tuple(sorted(mentor.slots, key=lambda slot: (-wanted[slot], slot)))
        won = anew.complete - base.complete, anew.roles_filled - base.roles_filled
        if max(won) > 0:
            found.append(Opening(role, subject, low, high, slots, mentor.capacity, *won))
    return sorted(found, key=lambda opening: (-opening.children, -opening.roles))


def _like_the_others(
    roster: Roster, role: Role, subject: str | None, low: int, high: int, waiting: list[Child]
) -> Mentor:
    others = [m for m in roster.mentors if (m.academic if role == ACADEMIC else m.wellbeing and m.certified)]
    hours = median_low([len(m.slots) for m in others] or [4])
    capacity = median_low([m.capacity for m in others] or [1])
    wanted = Counter(slot for child in waiting for slot in child.slots)
    slots = sorted(wanted, key=lambda slot: (-wanted[slot], slot))[: max(1, hours)]
    return Mentor(
        id=NEW,
        academic=role == ACADEMIC,
        wellbeing=role == WELLBEING,
        certified=role == WELLBEING,
        teaches=() if subject is None else (Teaching(subject, low, high),),
        wellbeing_bands=(Band(low, high),) if role == WELLBEING else (),
        slots=frozenset(slots),
        capacity=max(1, capacity),
    )
