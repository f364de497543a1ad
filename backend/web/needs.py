"""What needs a person today, in words: on the coordinator's first page, and over each list."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from chat.attention import Need


@dataclass(frozen=True, slots=True)
class NeedWords:
    """count: a sentence with %(number)d.  title: of its page.  since: what its time says.  do: what to do."""

    count: Promise
    title: Promise
    since: Promise
    do: Promise


NEEDS: dict[Need, NeedWords] = {
    Need.HOURS: NeedWords(
        ngettext_lazy(
            "%(number)d weekly hour does not suit the mentor, or they have not said.",
            "%(number)d weekly hours do not suit the mentor, or they have not said.",
            "number",
        ),
        _("Hours without a yes"),
        _("Asked or answered"),
        _(
            "Where it says that the hour does not suit, match the child anew: the hour is no longer offered. Where "
            "nothing was said for 48 hours, ring the mentor."
        ),
    ),
    Need.MISSED: NeedWords(
        ngettext_lazy(
            "%(number)d pair missed its meeting and has not met since.",
            "%(number)d pairs missed their meeting and have not met since.",
            "number",
        ),
        _("Missed, and not met since"),
        _("Missed"),
        _(
            "Ring whoever was not there. One missed meeting is no fault: ask whether another hour would be easier."
        ),
    ),
    Need.FIRST: NeedWords(
        ngettext_lazy(
            "%(number)d pair has not met in its first week.",
            "%(number)d pairs have not met in their first week.",
            "number",
        ),
        _("First contact not made"),
        _("Paired"),
        _("Ask the mentor first, then the family: often only the way in is missing."),
    ),
    Need.SILENT: NeedWords(
        ngettext_lazy(
            "%(number)d pair has been silent for two weeks.",
            "%(number)d pairs have been silent for two weeks.",
            "number",
        ),
        _("Silent for two weeks"),
        _("Met last"),
        _("Neither met nor wrote for two weeks, also not by telephone. Ask both sides how it goes."),
    ),
    Need.SUMMARIES: NeedWords(
        ngettext_lazy(
            "%(number)d pair met and has no summary after a day.",
            "%(number)d pairs met and have no summary after a day.",
            "number",
        ),
        _("Summaries still to be written"),
        _("Met"),
        _(
            "The mentor was reminded once. Two or three sentences are enough; nobody is asked after three days."
        ),
    ),
}
