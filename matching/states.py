"""The life of a round, as one table. Pure; the diagram in docs/rounds.md is held to it."""

from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SOLVING = "solving"
    SOLVED = "solved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SOLVING, State.DISCARDED}),
    State.SOLVING: frozenset({State.SOLVED, State.DRAFT}),  # back to draft: cancelled or failed
    State.SOLVED: frozenset({State.SOLVING, State.PUBLISHED, State.DISCARDED}),
    State.PUBLISHED: frozenset({State.SUPERSEDED}),
    State.SUPERSEDED: frozenset({State.PUBLISHED}),  # undo: an earlier plan published again
    State.DISCARDED: frozenset(),
}


def may_move(old: State, new: State) -> bool:
    return new in MOVES[old]
