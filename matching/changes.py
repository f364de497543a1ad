"""Who moves and why: a round's plan against the live pairings, each with what can truthfully be said of it.

Told from what the round decided on, its frozen roster, and from its plan as it stands; never guessed. Where nothing
stood against a pair as it was, the plan as a whole is better without it, and that is what is said.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects

from matching.core import codec, roster
from matching.core.fit import fit_terms
from matching.core.weights import Weights
from matching.models import Pairing, Proposal, Round
from matching.publishing import Difference
from matching.review import with_pairs

SOME = 500  # pairings, up to which only what concerns them is read


@dataclass(frozen=True, slots=True)
class Change:
    """A pairing that does not stay as it is.

    instead: what the child gets in this role, None when nobody.  reason: a code of matching.wording.
    facts: people by name and hours as numbers, of which a sentence is made.
    """

    pairing: Pairing
    instead: Proposal | None
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


def changes_of(round_: Round, found: Difference) -> tuple[list[Change], list[Change]]:
    """Pairs that end, and pairs that get another hour, in the order of ``found``, which may be a part of all."""
    if not found.ended and not found.moved:
        return [], []
    pairings = [*found.ended, *(pairing for pairing, _proposal in found.moved)]
    prefetch_related_objects(pairings, "child", "mentor")
    told = _Reasons(round_, pairings)
    ended = [Change(pairing, told.instead(pairing), *told.why(pairing)) for pairing in found.ended]
    moved = [
        Change(
            pairing,
            proposal,
            *(told.why(pairing) if pairing.slot != proposal.slot else ("other_subject", {})),
        )
        for pairing, proposal in found.moved
    ]
    return ended, moved


class _Reasons:
    """The round's people and plan around some pairings, by what one asks of them."""

    def __init__(self, round_: Round, pairings: list[Pairing]) -> None:
        snapshot = _people_around(round_, pairings)
        self.pairings = pairings
        self.weights = Weights.from_json(round_.weights)
        self.children = {child.id: child for child in snapshot.children}
        self.mentors = {mentor.id: mentor for mentor in snapshot.mentors}
        self.left_out = {(row["kind"], row["id"]): row["reason"] for row in round_.left_out}
        self.pins = {(pin.child, pin.role): pin for pin in snapshot.pins}
        self.forbids = snapshot.forbids
        self.of_child: dict[tuple[int, str], Proposal] = {}
        self.of_mentor: dict[int, list[Proposal]] = defaultdict(list)
        self.staying: set[tuple[int, str]] = set()
        for place in with_pairs(_around(round_, pairings)).select_related("child", "mentor"):
            self.of_child[place.child_id, place.role] = place
            self.of_mentor[place.mentor_id].append(place)
            if place.same:  # type: ignore[attr-defined]
                self.staying.add((place.child_id, place.role))

    @cached_property
    def at_first(self) -> dict[tuple[int, str], roster.Child]:
        """Read only when somebody asks: another round's frozen roster is as large as this one's."""
        return _children_at_first(self.pairings)

    def instead(self, pairing: Pairing) -> Proposal | None:
        return self.of_child.get((pairing.child_id, pairing.role))

    def why(self, pairing: Pairing) -> tuple[str, dict[str, Any]]:
        """The first thing that stands against the pair as it was."""
        stands = (
            self._who_is_there,
            self._what_is_allowed,
            self._which_hours,
            self._by_hand,
            self._who_has_it,
        )
        for asked in stands:
            reason, facts = asked(pairing)
            if reason:
                return reason, facts
        return "better_as_a_whole", {}

    def _who_is_there(self, pairing: Pairing) -> tuple[str, dict[str, Any]]:
        for kind, known in (("child", self.children), ("mentor", self.mentors)):
            person = getattr(pairing, kind)
            if person.roster_id not in known:
                gone = "not_in_this_round" if person.active else "gone"
                return f"{kind}_{self.left_out.get((kind, person.roster_id), gone)}", {}
        return "", {}

    def _what_is_allowed(self, pairing: Pairing) -> tuple[str, dict[str, Any]]:
        child, mentor, role = self._of(pairing)
        pin = self.pins.get((child.id, role))
        if pin and pin.mentor != mentor.id:
            return "pinned_to_another", {}
        if any((f.child, f.mentor) == (child.id, mentor.id) and f.role in (None, role) for f in self.forbids):
            return "forbidden", {}
        if fit_terms(child, mentor, role, self.weights) is None:
            before = self.at_first.get((pairing.round_id, child.id))
            fitted = before and fit_terms(before, mentor, role, self.weights) is not None
            return ("child_changed" if fitted else "not_eligible"), {}
        return "", {}

    def _which_hours(self, pairing: Pairing) -> tuple[str, dict[str, Any]]:
        child, mentor, _role = self._of(pairing)
        for kind, person in (("child", child), ("mentor", mentor)):
            if pairing.slot not in person.slots:
                return f"{kind}_not_free", {"hour": pairing.slot}
        return "", {}

    def _by_hand(self, pairing: Pairing) -> tuple[str, dict[str, Any]]:
        instead = self.instead(pairing)
        return ("by_hand" if instead and instead.by_hand else ""), {}

    def _who_has_it(self, pairing: Pairing) -> tuple[str, dict[str, Any]]:
        mentor = self.mentors[pairing.mentor.roster_id]
        others = [place for place in self.of_mentor[pairing.mentor_id] if place.child_id != pairing.child_id]
        own = self.of_child.get((pairing.child_id, "wellbeing" if pairing.role == "academic" else "academic"))
        if mentor.capacity == 0:
            return "no_seats", {}
        if own and own.mentor_id == pairing.mentor_id:
            return "other_role", {}
        if own and own.slot == pairing.slot:
            return "other_mentor_has_the_hour", {"hour": pairing.slot, "mentor": own.mentor.name}
        for place in others:
            if place.slot == pairing.slot:
                return "hour_of_another", {"hour": pairing.slot, "child": place.child.name}
        if len(others) < mentor.capacity:
            return "", {}
        new = sorted(place.child.name for place in others if (place.child_id, place.role) not in self.staying)
        # Without newcomers all who stay had their seats before: then there are fewer seats.
        return ("seat_of_another", {"children": new}) if new else ("fewer_seats", {"seats": mentor.capacity})

    def _of(self, pairing: Pairing) -> tuple[roster.Child, roster.Mentor, roster.Role]:
        child, mentor = self.children[pairing.child.roster_id], self.mentors[pairing.mentor.roster_id]
        return child, mentor, pairing.role  # type: ignore[return-value]


def _people_around(round_: Round, pairings: list[Pairing]) -> roster.Roster:
    """The frozen roster of these children and mentors; to make people of all of it would take seconds."""
    ids = {kind: {getattr(pair, kind).roster_id for pair in pairings} for kind in ("child", "mentor")}
    found = {
        "children": [row for row in round_.frozen["children"] if row["id"] in ids["child"]],
        "mentors": [row for row in round_.frozen["mentors"] if row["id"] in ids["mentor"]],
    }
    return codec.roster_from_json(round_.frozen | found)


def _children_at_first(pairings: list[Pairing]) -> dict[tuple[int, str], roster.Child]:
    """The children as they were in the rounds that made these pairings, by round and id."""
    found = {}
    ids = {pairing.child.roster_id for pairing in pairings}
    for round_ in Round.objects.filter(pk__in={pairing.round_id for pairing in pairings}):
        rows = [row for row in round_.frozen["children"] if row["id"] in ids]
        there = codec.roster_from_json(round_.frozen | {"children": rows, "mentors": []})
        found.update({(round_.pk, child.id): child for child in there.children})
    return found


def _around(round_: Round, pairings: list[Pairing]) -> QuerySet[Proposal]:
    """The places of these children and mentors; of many pairings, all."""
    if len(pairings) > SOME:
        return round_.proposals.all()
    children, mentors = {pair.child_id for pair in pairings}, {pair.mentor_id for pair in pairings}
    return round_.proposals.filter(Q(child__in=children) | Q(mentor__in=mentors))
