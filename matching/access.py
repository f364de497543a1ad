"""The gate for rounds, locks and pairings."""

from typing import Any

from backend import policy
from backend.accounts.access import check_may, may, programme_relations
from backend.errors import NotYours
from matching.cards import mentor_relation
from matching.models import Lock, Pairing, Pairings, Round


def access_round(actor: Any, round_id: int, action: str = "read", *, lean: bool = False) -> Round:
    """The round, or NotYours whether it is missing or forbidden. lean: its frozen roster only once it is asked for."""
    check_may(actor, "round", action)
    rows = Round.objects.defer("snapshot") if lean else Round.objects.all()
    round_ = rows.filter(pk=round_id).first()
    if round_ is None:
        raise NotYours
    return round_


def rounds_for(actor: Any) -> Any:
    """Rounds that this person may list; empty for everybody whom the table does not name."""
    return Round.objects.all() if may(actor, "round", "list") else Round.objects.none()


def locks_for(actor: Any) -> Any:
    standing = Lock.objects.filter(lifted_at=None).select_related("child", "mentor")
    return standing if may(actor, "lock", "list") else standing.none()


def access_pairing(actor: Any, pairing_id: int, action: str) -> Pairing:
    """A live pairing, for coordinators and its mentor as the table says; or NotYours."""
    found = Pairing.objects.live().select_related("child", "mentor").filter(pk=pairing_id).first()
    relations = programme_relations(actor)
    if found and actor.is_authenticated and actor.is_active and found.mentor.user_id == actor.pk:
        relations.add(mentor_relation(found.role))
    if found is None or not policy.allows("pairing", action, relations):
        raise NotYours
    return found


def pairings_for(actor: Any) -> Pairings:
    pairings = Pairing.objects.select_related("child", "mentor", "subject")
    return pairings if may(actor, "pairing", "list") else pairings.none()
