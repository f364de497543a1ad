"""Who belongs to a child's family, and what each of them is to it."""

from collections import defaultdict
from collections.abc import Iterable

from backend.policy import Relation
from backend.rosters.access import GUARDIANS
from backend.rosters.models import Carer, Child, Guardianship

Family = dict[int, set[Relation]]


SOME = 5000  # children, up to which only their own links are read


def families_of(children: Iterable[int]) -> dict[int, Family]:
    """By child: the child itself, its guardians and its carer, by user id, with their relations.

    A suspended guardian is not among them, carer or not. Three queries, however many children.
    """
    found: dict[int, Family] = {pk: defaultdict(set) for pk in children}
    of_these = {"child__in": list(found)} if len(found) <= SOME else {}
    themselves = {"pk__in": of_these["child__in"]} if of_these else {}
    for pk, user in Child.objects.filter(**themselves).order_by().values_list("pk", "user_id"):
        if pk in found:
            found[pk][user].add(Relation.CHILD)
    suspended = set()
    links = Guardianship.objects.filter(**of_these).order_by()
    for pk, user, status in links.values_list("child_id", "guardian_id", "status"):
        if pk not in found:
            continue
        if status == Guardianship.Status.SUSPENDED:
            suspended.add((pk, user))
        else:
            found[pk][user].add(GUARDIANS[Guardianship.Status(status)])
    for pk, user in Carer.objects.filter(**of_these).values_list("child_id", "user_id"):
        if pk in found and (pk, user) not in suspended:
            found[pk][user].add(Relation.CARER)
    return found
