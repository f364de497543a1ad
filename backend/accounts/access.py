"""What a user is to the programme as a whole, and the gate for what belongs to no single child."""

from typing import Any

from backend import policy
from backend.errors import NotYours
from backend.policy import Relation


def programme_relations(user: Any) -> set[Relation]:
    """Relations that follow from the account alone. Empty for those not signed in or disabled."""
    if not user.is_authenticated or not user.is_active:
        return set()
    relations = set()
    if user.is_coordinator:
        relations.add(Relation.COORDINATOR)
    if user.is_safeguarding_lead:
        relations.add(Relation.LEAD)
    return relations


def may(user: Any, resource: str, action: str) -> bool:
    return policy.allows(resource, action, programme_relations(user))


def check_may(user: Any, resource: str, action: str) -> None:
    """Raises NotYours, which looks like a page that does not exist."""
    if not may(user, resource, action):
        raise NotYours
