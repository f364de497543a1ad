"""The one way back of a page in the hand: to the page above it, wherever one came from."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from backend.rosters.models import Mentor
from matching.models import Pairing

CHILD = "of the child"  # the page that this reader has of the child: a mentor's card, else the family's first page
# Page and the one above. Where that depends on what the page is about, its view says `up` itself.
ABOVE = {
    "authenticator": "account",
    "call_me": "home",
    "carer": CHILD,
    "case": "duty",
    "case_phones": "case",
    "child": "home",
    "consent": CHILD,
    "duty": "home",
    "elsewhere": "my_child",
    "end_pairing": "my_child",
    "end_session": "room",
    "family": "home",
    "family_mentors": CHILD,
    "hand_over": CHILD,
    "help_now": "home",
    "history": CHILD,
    "history_on_paper": "history",
    "leave_note": "home",
    "looks": CHILD,
    "meeting": "home",
    "mentor": "home",
    "my_calendar": "home",
    "my_child": "home",
    "my_hours": "home",
    "own_file": "history",
    "read_along": CHILD,
    "room": "home",
    "stop": "home",
    "tell": CHILD,
    "what_if": "home",
    "withdraw_consent": "consent",
}
AT_DESK = {"case_phones": "case", "end_pairing": "pair", "history": "child", "history_on_paper": "history"}
WHOLE = ("account", "duty", "home")  # addresses without anybody in them


def way_up(request: HttpRequest, *, at_desk: bool) -> str:
    """The address of the page above, from the address of this one; "" where there is none."""
    here, table = request.resolver_match, AT_DESK if at_desk else ABOVE
    above = table.get(here.url_name or "", "") if here else ""
    if not above or here is None or not request.user.is_authenticated:
        return ""
    if above == CHILD:
        return _of_child(request.user, here.kwargs["child_id"])
    return reverse(above, kwargs={} if above in WHOLE else here.kwargs)


def _of_child(reader: Any, child_id: int) -> str:
    if not Mentor.objects.filter(user=reader).exists():
        return reverse("home")
    pairing = Pairing.objects.live().filter(child=child_id, mentor__user=reader).first()
    return reverse("my_child", args=[pairing.pk]) if pairing else reverse("family")
