"""What is to be seen by whoever has a minute: each thing in words, and the page of the role where it shows."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.rosters.models import Child
from chat.models import Room
from matching.models import Role
from matching.rounds import how_rounds_stand, lacking_a_mentor


@dataclass(frozen=True, slots=True)
class Sight:
    """words: what is true.  where: what the link says.  do: what to touch there; may be empty."""

    words: str
    where: str
    do: str
    role: str
    path: str


def sights(here: dict[str, User]) -> list[Sight]:
    """here: who stands behind which door. Nothing before there is a published round, and a child with its room."""
    standing = how_rounds_stand()
    current = standing.beside or standing.current  # the one that was over all children
    rooms = Room.objects.live().filter(pairing__child__user=here.get("child"), pairing__role=Role.ACADEMIC)
    room, ill = rooms.first(), here.get("counsellor")
    if current is None or room is None or ill is None:
        return []
    children, short = Child.objects.filter(active=True).count(), lacking_a_mentor().count()
    facts = {"complete": children - short, "children": children, "ill": ill.name}
    round_, talk = reverse("round", args=[current.pk]), reverse("room", args=[room.pk])
    rows = [
        (
            _(
                "All %(children)d children have two mentors and two hours a week; no hour is given twice. That no plan is better is proved, with the bound beside it."
            )
            if not short
            else _(
                "%(complete)d of %(children)d children have two mentors and two hours a week; no hour is given twice. Of the others it is said why."
            ),
            _("See the plan"),
            "",
            "coordinator",
            round_,
        ),
        (
            _("Every pair says why it is these two."),
            _("See all pairs"),
            _("Press “Why these two” in any row."),
            "coordinator",
            reverse("proposals", args=[current.pk]),
        ),
        (
            _("%(ill)s is ill: who changes, who doesn't, and who would be left without, with the reason."),
            _("See what to do"),
            _(
                "Press “Cancel them, pause the mentor and match the children anew” and confirm it, then “Match all children, moving as few as possible”."
            ),
            "coordinator",
            reverse("away", args=[ill.mentor.pk]),
        ),
        (
            _("The child's network is cut: nothing is lost, doubled or out of order."),
            _("Into the child's room"),
            _(
                "Press “Cut the network” in the yellow bar, go on writing, press “Reconnect”; watch from the mentor's room."
            ),
            "child",
            talk,
        ),
        (
            _("A mother sees in three seconds whether somebody came."),
            _("See the mother's page"),
            "",
            "parent",
            "/",
        ),
        (
            _("Every room says who can read it; Help is two taps away, and says honestly who is there."),
            _("See the child's page"),
            _("“I need help”, then “I want to talk to a person”; or into a room."),
            "child",
            "/",
        ),
    ]
    return [Sight(words % facts, *rest) for words, *rest in rows]
