"""Who belongs to a child's family, and what each of them is to it."""

from collections import defaultdict
from collections.abc import Iterable

from backend.policy import Relation
from backend.rosters.access import GUARDIANS
from backend.rosters.models import Carer, Child, Guardianship

Family = dict[int, set[Relation]]


def families_of(children: Iterable[int]) -> dict[int, Family]:
    """By child: the child itself, its guardians and its carer, by user id, with their relations.

    A suspended guardian is not among them, carer or not. Three queries for each 500 children.
    """
    ids = list(set(children))
    found: dict[int, Family] = {pk: defaultdict(set) for pk in ids}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        for pk, user in Child.objects.filter(pk__in=some).values_list("pk", "user_id"):
            found[pk][user].add(Relation.CHILD)
        suspended = set()
        links = Guardianship.objects.filter(child__in=some)
        for pk, user, status in links.values_list("child_id", "guardian_id", "status"):
            if status == Guardianship.Status.SUSPENDED:
                suspended.add((pk, user))
            else:
                found[pk][user].add(GUARDIANS[Guardianship.Status(status)])
        for pk, user in Carer.objects.filter(child__in=some).values_list("child_id", "user_id"):
            if (pk, user) not in suspended:
                found[pk][user].add(Relation.CARER)
    return found
