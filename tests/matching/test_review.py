"""What a coordinator is shown of a plan, against plain loops over the same rows."""

from collections import Counter, defaultdict
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.models import Child, Guardianship, Mentor
from matching import review
from matching.models import Pairing, Proposal, Round
from matching.publishing import difference
from tests.matching.large import add_programme

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(coordinator: User) -> Round:
    return add_programme(300, coordinator)


def counts(round_: Round) -> tuple[int, ...]:
    found = difference(round_)
    places = {(place.child_id, place.role) for place in round_.proposals.all()}
    only = sum((pair.child_id, pair.role) not in places for pair in found.ended)
    return len(found.kept), len(found.moved), len(found.started), len(found.ended), only


def shown(round_: Round) -> tuple[int, ...]:
    found = review.changes(round_)
    return found.kept, found.moved, found.started, found.ended, found.only_ended


def full_days(round_: Round) -> dict[tuple[int, int], int]:
    """(mentor, day) -> meetings, of everybody whom the page lists."""
    mentors = [each.pk for each in review.counsellors_with_full_days(round_)]
    told = review.full_days(round_, mentors)
    assert set(told) == set(mentors)
    return {(mentor, day): n for mentor, days in told.items() for day, n in days}


def test_what_publishing_would_change_is_counted_as_it_would_be_written(round_: Round) -> None:
    assert shown(round_) == counts(round_)
    assert min(shown(round_)[:4]) > 0
    # A subject that changed is a change; so are pairs of who has gone, and of who was left out.
    other = Pairing.objects.filter(role="academic").exclude(subject="physics").first()
    Pairing.objects.filter(pk=other.pk).update(subject="physics")
    out = Child.objects.get(roster_id="L000049")  # without consent: left out
    gone = Child.objects.get(roster_id="L000099")
    Child.objects.filter(pk=gone.pk).update(active=False)
    late = Child.objects.exclude(pk__in=[out.pk, gone.pk]).filter(proposals=None).first()
    round_.left_out = [row for row in round_.left_out if row["id"] != late.roster_id]
    round_.save()
    spare = Mentor.objects.filter(roster_id__startswith="S").first()
    for at, child in enumerate((out, gone, late)):
        Pairing.objects.create(
            **{"child": child, "role": "academic", "mentor": spare, "slot": 100 + at, "subject_id": "math"},
            **{"round": Round.objects.earliest("pk"), "started_at": timezone.now()},
        )
    before = shown(round_)[3]
    assert shown(round_)[4] == 2  # of whom was left out, and of who has gone
    assert shown(round_) == counts(round_)
    # And a round over some only touches theirs.
    Round.objects.filter(pk=round_.pk).update(covers_all=False)
    round_.refresh_from_db()
    round_.chosen.set([out, *Child.objects.exclude(proposals=None)[:100]])
    round_.proposals.exclude(child__in=round_.chosen.all()).delete()
    assert shown(round_) == counts(round_)
    assert shown(round_)[3] < before


def test_each_kind_of_exception_holds_what_loops_find(round_: Round) -> None:
    W, A = Mentor.objects.filter(roster_id__startswith="W"), "academic"
    # Several meetings of two counsellors on one day, and one child's two meetings in the afternoon only.
    for mentor, day in ((W[0], 0), (W[1], 6)):
        for at, place in enumerate(round_.proposals.filter(mentor=mentor)[: 4 + day % 5]):
            Proposal.objects.filter(pk=place.pk).update(slot=day * 24 + 8 + at)
    places = list(round_.proposals.select_related("child", "mentor"))
    family = defaultdict(set)
    for link in Guardianship.objects.all():
        family[link.guardian_id].add(link.child_id)
    related = defaultdict(set)
    for children in family.values():
        for child in children:
            related[child] |= children - {child}
    hours = {(place.child_id, place.slot) for place in places}
    by_child = defaultdict(dict)
    for place in places:
        by_child[place.child_id][place.role] = place
    days = Counter((place.mentor_id, place.slot // 24) for place in places if place.mentor.is_wellbeing)

    def evening(child: dict[str, Any]) -> bool:
        return (
            len(child) == 2
            and len({p.slot // 24 for p in child.values()}) == 1
            and all(p.slot % 24 >= 16 for p in child.values())
        )

    expected = {
        "low_fit": {p.pk for p in places if p.fit < 45},
        # 15 - 4 x 3 points for three grades of an academic mentor, 30 - 6 x 3 of a counsellor.
        "far_grade": {p.pk for p in places if p.terms["grade"] <= (3 if p.role == A else 12)},
        "siblings": {p.pk for p in places if any((other, p.slot) in hours for other in related[p.child_id])},
        "one_evening": {child[A].pk for child in by_child.values() if evening(child)},
    }
    for kind, ids in expected.items():
        rows = list(review.EXCEPTIONS[kind](round_))
        assert ids and {row.pk for row in rows} == ids and len(rows) == len(ids), kind
    found = full_days(round_)
    assert found == {key: n for key, n in days.items() if n > 3} and len(found) == 2
    counsellors = list(review.counsellors_with_full_days(round_))
    fullest = [max(n for (mentor, _day), n in days.items() if mentor == each.pk) for each in counsellors]
    assert {each.pk for each in counsellors} == {mentor for mentor, _day in found}
    assert fullest == sorted(fullest, reverse=True) and len(set(fullest)) > 1
    numbers = review.counted(round_)
    assert numbers == {
        **{kind: len(ids) for kind, ids in expected.items()},
        **{
            "unserved": round_.unserved.count(),
            "full_days": len(counsellors),
            "left_out": len(round_.left_out),
        },
    }
    named = review.siblings_of(round_, list(review.siblings_at_once(round_)))
    assert all(named[pk] for pk in expected["siblings"])
    for place in review.one_evening(round_):
        assert place.other_slot == by_child[place.child_id]["wellbeing"].slot


def test_in_a_round_over_some_a_counsellor_s_other_children_count_too(round_: Round) -> None:
    counsellor = Mentor.objects.get(roster_id="W000000")
    paired_too = Pairing.objects.filter(role="wellbeing", mentor=counsellor).values("child")
    of_monday = list(round_.proposals.filter(mentor=counsellor, child__in=paired_too)[:4])
    for at, place in enumerate(of_monday):
        Pairing.objects.filter(child=place.child, role="wellbeing").update(mentor=counsellor, slot=at)
        Proposal.objects.filter(pk=place.pk).update(slot=at)
    Round.objects.filter(pk=round_.pk).update(covers_all=False)
    round_.refresh_from_db()
    round_.chosen.set([of_monday[0].child])
    round_.proposals.exclude(child=of_monday[0].child).delete()
    Pairing.objects.filter(mentor=counsellor).exclude(slot__lt=4).delete()
    paired = Pairing.objects.filter(mentor=counsellor).exclude(child=of_monday[0].child).count()
    rows = full_days(round_)
    assert rows == ({(counsellor.pk, 0): paired + 1} if paired + 1 > 3 else {})
    assert paired == 3
    load = {row["is_wellbeing"]: row for row in review.load_of_mentors(round_)}
    assert (
        load[True]["taken"]
        == 1 + Pairing.objects.filter(mentor__is_wellbeing=True).exclude(child=of_monday[0].child).count()
    )


def test_the_plot_and_the_load_add_up_to_the_plan(round_: Round) -> None:
    spread = review.spread_of_fit(round_)
    for role, bars in spread.items():
        fits = round_.proposals.filter(role=role).values_list("fit", flat=True)
        assert bars == Counter(fit // 5 * 5 for fit in fits)
    load = {(row["is_academic"], row["is_wellbeing"]): row for row in review.load_of_mentors(round_)}
    used = Counter(round_.proposals.values_list("mentor", flat=True))
    counsellors = Mentor.objects.filter(is_wellbeing=True)
    row = load[False, True]
    assert (
        row["taken"]
        == sum(used[m.pk] for m in counsellors)
        == round_.proposals.filter(role="wellbeing").count()
    )
    assert row["full"] == sum(used[m.pk] >= m.capacity for m in counsellors) > 0
    teachers = Mentor.objects.filter(is_wellbeing=False)
    assert load[True, False]["idle"] == sum(not used[m.pk] for m in teachers) > 0


def test_where_points_can_t_tell_nobody_is_called_far_from_a_grade(round_: Round) -> None:
    round_.weights = {**round_.weights, "academic_grade_step": 0, "wellbeing_grade": 0}
    assert not review.far_grade(round_).exists()
