"""What an entry of the log is about, in words: the kind, and names as far as the reader may see them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care.access import cases_for, readings_for
from backend.rosters.models import Carer, Child, Consent, Guardianship, Mentor, RosterUpload, SetAside
from chat.models import (
    CalendarFeed,
    Elsewhere,
    HandOver,
    Held,
    Holiday,
    Meeting,
    ProgrammeDates,
    Reader,
    Room,
    Summary,
)
from matching.models import Lock, Pairing, Round

KINDS: dict[Any, Any] = {
    User: gettext_lazy("person"),
    Child: gettext_lazy("child"),
    Mentor: gettext_lazy("mentor"),
    Guardianship: gettext_lazy("guardian"),
    Carer: gettext_lazy("carer"),
    Consent: gettext_lazy("consent"),
    RosterUpload: gettext_lazy("roster file"),
    SetAside: gettext_lazy("row set aside"),
    Round: gettext_lazy("round"),
    Lock: gettext_lazy("pin or forbid"),
    Pairing: gettext_lazy("pairing"),
    Room: gettext_lazy("room"),
    HandOver: gettext_lazy("hand-over note"),
    CalendarFeed: gettext_lazy("calendar address"),
    Held: gettext_lazy("held message"),
    Meeting: gettext_lazy("meeting"),
    Elsewhere: gettext_lazy("meeting outside the room"),
    Summary: gettext_lazy("summary"),
    Reader: gettext_lazy("reading along"),
    ProgrammeDates: gettext_lazy("days of the programme"),
    Holiday: gettext_lazy("day off"),
    "care.case": gettext_lazy("case"),
    "care.reading": gettext_lazy("reading in an emergency"),
    "care.shift": gettext_lazy("shift"),
    "care.callrequest": gettext_lazy("call"),
    "accounts.invitation": gettext_lazy("invitation"),
}
WORDS = {kind if isinstance(kind, str) else kind._meta.label_lower: said for kind, said in KINDS.items()}
PAIR = ("pairing__child__name", "pairing__mentor__name")
OF_ROOM = ("room__pairing__child__name", "room__pairing__mentor__name")


def abouts(actor: Any, entries: Iterable[Entry]) -> dict[int, str]:
    """By number of the entry; one query for each kind of thing on the page.

    Who may read the log may see every child's and mentor's name; of cases and readings only those that they
    may read say whose they are.
    """
    entries = list(entries)
    names: dict[tuple[str, str], str] = {}
    for kind in {entry.object_type for entry in entries} & set(_sources(actor)):
        rows, fields = _sources(actor)[kind]
        ids = {entry.object_id for entry in entries if entry.object_type == kind}
        for pk, *found in rows.filter(pk__in=ids).values_list("pk", *fields):
            names[kind, str(pk)] = " · ".join(str(each) for each in found if each)
    return {entry.number: _said(entry, names) for entry in entries}


def _said(entry: Entry, names: dict[tuple[str, str], str]) -> str:
    if not entry.object_type:
        return ""
    kind = WORDS.get(entry.object_type, entry.object_type)
    name = names.get((entry.object_type, entry.object_id), entry.object_id)
    return _("%(kind)s: %(name)s") % {"kind": kind, "name": name}


def _sources(actor: Any) -> dict[str, tuple[QuerySet[Any], tuple[str, ...]]]:
    """Where the names of each kind stand. What is not here is said by its number."""
    plain: list[tuple[Any, tuple[str, ...]]] = [
        (User.objects.all(), ("name",)),
        (Child.objects.all(), ("name",)),
        (Mentor.objects.all(), ("name",)),
        (Guardianship.objects.all(), ("guardian__name", "child__name")),
        (Carer.objects.all(), ("user__name", "child__name")),
        (Consent.objects.all(), ("child__name",)),
        (RosterUpload.objects.all(), ("file_name",)),
        (SetAside.objects.all(), ("name",)),
        (Lock.objects.all(), ("child__name", "mentor__name")),
        (Pairing.objects.all(), ("child__name", "mentor__name")),
        (Room.objects.all(), PAIR),
        (HandOver.objects.all(), PAIR),
        (CalendarFeed.objects.all(), ("user__name",)),
        (Held.objects.all(), OF_ROOM),
        (Meeting.objects.all(), PAIR),
        (Elsewhere.objects.all(), OF_ROOM),
        (Reader.objects.all(), ("guardian__name", "room__pairing__child__name")),
        (cases_for(actor), ("child__name",)),
        (readings_for(actor), OF_ROOM),
    ]
    return {rows.model._meta.label_lower: (rows, fields) for rows, fields in plain}
