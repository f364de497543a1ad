"""Reason codes as sentences that a coordinator can act on."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def detail_of(reason: str, facts: Mapping[str, Any]) -> str:
    """One sentence, in the reader's language. Raises KeyError for an unknown reason."""
    sentences = {
        "nobody_eligible": _(
            "No mentor takes this child's grade (%(grade)s) in this role for what is asked."
        ),
        "forbidden": _("%(mentors)s mentors could, and each of them is forbidden for this child."),
        "no_common_hour": _("%(mentors)s mentors could, but none of them shares an hour with the child."),
        "seats_short": _(
            "%(mentors)s mentors could, with %(seats)s seats in all, and other children need them."
        ),
    }
    return sentences[reason] % {"grade": "?", "mentors": "?", "seats": "?", **facts}
