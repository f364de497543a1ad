"""Changes of a plan by hand, with the people by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.rosters.models import Child, Mentor
from matching.models import Edit


@dataclass(frozen=True, slots=True)
class ToldPlace:
    """before, after: (mentor, slot), or None where the child had or has nobody."""

    child: Child
    role: str
    before: tuple[Mentor, int] | None
    after: tuple[Mentor, int] | None


@dataclass(frozen=True, slots=True)
class ToldEdit:
    edit: Edit
    places: list[ToldPlace]


def told(edits: Iterable[Edit]) -> list[ToldEdit]:
    """In the order given; two queries, however many."""
    edits = list(edits)
    seats = [seat for edit in edits for seat in (*edit.before, *edit.after)]
    children = Child.objects.in_bulk({seat["child"] for seat in seats})
    mentors = Mentor.objects.in_bulk({seat["mentor"] for seat in seats if seat["mentor"] is not None})

    def place(seat: dict[str, Any]) -> tuple[Mentor, int] | None:
        return None if seat["mentor"] is None else (mentors[seat["mentor"]], seat["slot"])

    return [
        ToldEdit(
            edit,
            [
                ToldPlace(children[before["child"]], before["role"], place(before), place(after))
                for before, after in zip(edit.before, edit.after, strict=True)
            ],
        )
        for edit in edits
    ]
