"""What a coordinator looks at in a solved plan: first what needs a second look, then how it is as a whole.

Everything is counted in the database; a list is a queryset, of which a page shows some rows.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from backend.rosters.models import Child, ChildSubject, Guardianship, Mentor
from matching.core.fit import near
from matching.core.weights import Weights
from matching.ending import BY_COORDINATOR
from matching.models import Pairing, Proposal, Role, Round
from matching.rounds import late_ids

FAR = 3  # grades from the middle of what the mentor takes
EVENING = 16  # the hour from which two meetings of a day are on one evening
MOST_A_DAY = 3  # meetings of a counsellor
LATELY = timedelta(weeks=4)  # whom somebody parted in that time is not put together again unseen
BIN = 5  # points of fit in a bar of the plot


@dataclass(frozen=True, slots=True)
class Changes:
    """How many pairs publishing would keep, give another hour (or subject), begin and end.

    only_ended: of those that end, after how many the child has nobody in that role.
    """

    kept: int
    moved: int
    started: int
    ended: int
    only_ended: int


def place_of(pairing: Pairing) -> Proposal | None:
    """Where the newest published plan put these two together: why it did stands there."""
    same = Proposal.objects.filter(child=pairing.child_id, mentor=pairing.mentor_id, role=pairing.role)
    return same.filter(round__published_at__isnull=False).order_by("-round__published_at").first()


def low_fit(round_: Round) -> QuerySet[Proposal]:
    """Matches that are so poor that they cost extra."""
    poor = round_.proposals.filter(fit__lt=Weights.from_json(round_.weights).poor_below)
    return poor.order_by("value", "child__roster_id", "role")


def far_grade(round_: Round) -> QuerySet[Proposal]:
    """The child's grade is FAR or more from the middle of the mentor's; nobody where the points don't tell."""
    weights = Weights.from_json(round_.weights)
    far = Q(pk__in=[])
    for role in Role.values:
        points, step = getattr(weights, f"{role}_grade"), getattr(weights, f"{role}_grade_step")
        most = near(points, step, 2 * FAR)
        if near(points, step, 2 * FAR - 1) > most:
            far |= Q(role=role, terms__grade__lte=most)
    return round_.proposals.filter(far)


def siblings_at_once(round_: Round) -> QuerySet[Proposal]:
    """A brother or sister (a child with a guardian in common) has a meeting at the same hour."""
    # Asked step by step from the child's few guardians on: joined, a database without statistics begins with all
    # places, for each place.
    then = OuterRef(OuterRef(OuterRef("slot")))
    at_once = Proposal.objects.filter(round=round_.pk, child=OuterRef("child"), slot=then)
    others = Guardianship.objects.filter(Exists(at_once), guardian=OuterRef("guardian"))
    others = others.exclude(child=OuterRef(OuterRef("child")))
    return round_.proposals.filter(
        Exists(Guardianship.objects.filter(Exists(others), child=OuterRef("child")))
    )


def siblings_of(round_: Round, places: list[Proposal]) -> dict[int, list[Child]]:
    """By id of each of these places: the brothers and sisters who have a meeting at its hour."""
    children = {place.child_id for place in places}
    families = Guardianship.objects.filter(guardian__guardianships__child__in=children)
    related: dict[int, set[int]] = defaultdict(set)
    for one, other in families.values_list("guardian__guardianships__child", "child"):
        if one != other:
            related[one].add(other)
    others = round_.proposals.filter(child__in=set().union(*related.values())).select_related("child")
    at = {(other.child_id, other.slot): other.child for other in others}
    return {
        place.pk: [at[pk, place.slot] for pk in sorted(related[place.child_id]) if (pk, place.slot) in at]
        for place in places
    }


def one_evening(round_: Round) -> QuerySet[Proposal]:
    """Both meetings of the child are on the same evening; it stands with the academic one, and ``other_slot``."""
    other = Proposal.objects.filter(round=round_.pk, child=OuterRef("child"), role=Role.WELLBEING)
    other = other.annotate(day=F("slot") / 24, hour=F("slot") % 24)
    rows = round_.proposals.annotate(day=F("slot") / 24, hour=F("slot") % 24)
    same_day = other.filter(day=OuterRef("day"), hour__gte=EVENING)
    rows = rows.annotate(other_slot=Subquery(same_day.values("slot")[:1]))
    return rows.filter(other_slot__isnull=False, role=Role.ACADEMIC, hour__gte=EVENING)


def counsellors_with_full_days(round_: Round) -> QuerySet[Mentor]:
    """Counsellors with days of more than MOST_A_DAY meetings, the one with the fullest day first."""
    days = _full_days(round_)
    most = days.filter(mentor=OuterRef("pk")).order_by("-n").values("n")[:1]
    counsellors = Mentor.objects.filter(is_wellbeing=True).annotate(most=Subquery(most))
    return counsellors.filter(most__isnull=False).order_by("-most", "roster_id")


def full_days(round_: Round, mentors: list[int]) -> dict[int, list[tuple[int, int]]]:
    """By id of each of these counsellors: (day, meetings) of the days on which they have more than MOST_A_DAY."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in _full_days(round_).filter(mentor__in=mentors).order_by("day"):
        found[row["mentor"]].append((row["day"], row["n"]))
    return found


def people_left_out(entries: list[dict[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """By (kind, roster id) of these rows of Round.left_out: {"pk", "name", "roster_id"}. One query, whoever is among
    them: of two, that for a kind of which there is nobody would not be asked at all."""
    told = [
        model.objects.filter(roster_id__in=[entry["id"] for entry in entries if entry["kind"] == kind])
        .order_by()
        .values("pk", "name", "roster_id", kind=Value(kind))
        for kind, model in (("child", Child), ("mentor", Mentor))
    ]
    return {(row["kind"], row["roster_id"]): row for row in told[0].union(told[1], all=True)}


def _full_days(round_: Round) -> Any:
    """{"mentor", "day", "n"}"""
    rows = round_.proposals.order_by().annotate(day=F("slot") / 24).filter(mentor__is_wellbeing=True)
    days = rows.values("mentor", "day").annotate(n=Count("pk"))
    if not round_.covers_all:
        elsewhere = Pairing.objects.live().exclude(child__in=round_.chosen.all()).order_by()
        elsewhere = elsewhere.annotate(day=F("slot") / 24).filter(
            mentor=OuterRef("mentor"), day=OuterRef("day")
        )
        counted = elsewhere.values("mentor").annotate(c=Count("pk")).values("c")
        days = days.annotate(n=Count("pk") + Coalesce(Subquery(counted), 0))
    return days.filter(n__gt=MOST_A_DAY)


def unserved(round_: Round) -> Any:
    return round_.unserved.order_by("reason", "child__roster_id", "role")


EXCEPTIONS: dict[str, Callable[[Round], Any]] = {
    "unserved": unserved,
    "low_fit": low_fit,
    "far_grade": far_grade,
    "siblings": siblings_at_once,
    "one_evening": one_evening,
    "full_days": counsellors_with_full_days,
}


def counted(round_: Round) -> dict[str, int]:
    """How many there are of each kind of exception, and who could not take part. Two queries."""
    told = [
        of(round_).order_by().values(kind=Value(kind)).annotate(n=Count("pk"))
        for kind, of in EXCEPTIONS.items()
        if kind != "full_days"
    ]
    numbers = {row["kind"]: row["n"] for row in told[0].union(*told[1:], all=True)}
    full = _full_days(round_).order_by().values("mentor").distinct()
    numbers |= {"full_days": full.count(), "left_out": len(round_.left_out)}
    return {kind: numbers.get(kind, 0) for kind in (*EXCEPTIONS, "left_out")}


def changes(round_: Round) -> Changes:
    """The plan beside the pairs that hold today, as ``publishing.difference`` has it, only counted."""
    counted = with_pairs(round_.proposals.all()).aggregate(
        all=Count("pk"), staying=Count("pk", filter=Q(kept=True)), paired=Count("pk", filter=Q(same=True))
    )
    instead = Proposal.objects.filter(round=round_.pk, child=OuterRef("child"), role=OuterRef("role"))
    gone = ending(round_).aggregate(all=Count("pk"), only=Count("pk", filter=~Exists(instead)))
    return Changes(
        kept=counted["staying"],
        moved=counted["paired"] - counted["staying"],
        started=counted["all"] - counted["paired"],
        ended=gone["all"],
        only_ended=gone["only"],
    )


def with_pairs(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Proposals with ``same`` (these two are paired in this role today) and ``kept`` (at this hour besides)."""
    pair = Pairing.objects.live().filter(
        child=OuterRef("child"), role=OuterRef("role"), mentor=OuterRef("mentor")
    )
    at_this_hour = pair.filter(Q(subject=OuterRef("subject")) | Q(subject=None), slot=OuterRef("slot"))
    return proposals.annotate(same=Exists(pair), kept=Exists(at_this_hour))


def beginning(round_: Round) -> QuerySet[Proposal]:
    return with_pairs(round_.proposals.all()).filter(same=False)


def same_two_again(round_: Round, now: datetime) -> QuerySet[Pairing]:
    """Pairs that somebody ended lately, and that the plan would begin anew."""
    anew = beginning(round_).filter(child=OuterRef("child"), role=OuterRef("role"), mentor=OuterRef("mentor"))
    ended = Pairing.objects.filter(ended_at__gt=now - LATELY, end_reason__in=BY_COORDINATOR)
    return ended.filter(Exists(anew)).order_by("-ended_at")


def with_subject_wanted_most(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """``wanted_most``: the subject that the child wants before all others, by id."""
    first = ChildSubject.objects.filter(child=OuterRef("child")).order_by("rank").values("subject")[:1]
    return proposals.annotate(wanted_most=Subquery(first))


def moving(round_: Round) -> QuerySet[Proposal]:
    return with_pairs(round_.proposals.all()).filter(same=True, kept=False)


def with_another_hour(round_: Round) -> QuerySet[Proposal]:
    """Of those moving: whose weekly hour changes, not only the subject. ``hour_now``: the hour of today."""
    pair = Pairing.objects.live().filter(
        child=OuterRef("child"), role=OuterRef("role"), mentor=OuterRef("mentor")
    )
    hour = Subquery(pair.values("slot")[:1])
    return moving(round_).annotate(hour_now=hour).exclude(hour_now=F("slot"))


def ending(round_: Round) -> QuerySet[Pairing]:
    """Live pairs that the plan does not have."""
    same = Proposal.objects.filter(
        round=round_.pk, child=OuterRef("child"), role=OuterRef("role"), mentor=OuterRef("mentor")
    )
    gone = Pairing.objects.live().filter(~Exists(same))
    if not round_.covers_all:
        return gone.filter(child__in=round_.chosen.all())
    return gone.exclude(child__in=late_ids(round_))


def spread_of_fit(round_: Round) -> dict[str, Counter[int]]:
    """By role: places by the lower end of their BIN points of fit."""
    rows = round_.proposals.order_by().values("role", bar=F("fit") / BIN).annotate(n=Count("pk"))
    found: dict[str, Counter[int]] = {role: Counter() for role in Role.values}
    for row in rows:
        found[row["role"]][row["bar"] * BIN] += row["n"]
    return found


def load_of_mentors(round_: Round) -> list[dict[str, Any]]:
    """By role: mentors, their seats, and how many are taken. A mentor with both roles is a kind of its own.

    Seats are those of today; pairs that the round leaves alone count as taken.
    """
    taken = round_.proposals.filter(mentor=OuterRef("pk")).order_by().values("mentor").annotate(n=Count("pk"))
    used: Any = Coalesce(Subquery(taken.values("n")), 0)
    if not round_.covers_all:
        others = Pairing.objects.live().filter(mentor=OuterRef("pk")).exclude(child__in=round_.chosen.all())
        others = others.order_by().values("mentor").annotate(n=Count("pk"))
        used = used + Coalesce(Subquery(others.values("n")), 0)
    kinds = Mentor.objects.filter(active=True).order_by().annotate(used=used)
    return list(
        kinds.values("is_academic", "is_wellbeing")
        .annotate(
            mentors=Count("pk"),
            seats=Sum("capacity"),
            taken=Sum("used"),
            full=Count("pk", filter=Q(used__gte=F("capacity"), used__gt=0)),
            idle=Count("pk", filter=Q(used=0)),
        )
        .order_by("is_wellbeing", "is_academic")
    )


def worst_off(round_: Round, most: int = 5) -> QuerySet[Proposal]:
    return round_.proposals.order_by("value", "child__roster_id")[:most]
