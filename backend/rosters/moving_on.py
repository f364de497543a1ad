"""Every change of an upload goes through here: whoever looked at an earlier one changes nothing and is told why."""

from typing import Any, Self

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from backend.errors import Conflict
from backend.rosters.models import RosterUpload

WORDS = {
    "sheets": gettext_noop("chose the sheets"),
    "headings": gettext_noop("said what headings mean"),
    "corrected": gettext_noop("corrected %(cells)d cells"),
    "undone": gettext_noop("took a correction back"),
    "set_aside": gettext_noop("set %(rows)d rows aside"),
    "put_back": gettext_noop("put %(rows)d rows back"),
    "two": gettext_noop("said of two children who look alike that they are two"),
    "asked_again": gettext_noop("took back that two children who look alike are two"),
    "same_person": gettext_noop("said of a row that it is the same person under another name"),
    "doubted": gettext_noop("took back that a row is the same person under another name"),
    "taken": gettext_noop("took everybody in the file"),
    "dropped": gettext_noop("dropped the file"),
}


class UploadMovedOn(Conflict):
    """The file has errors, was taken already, or is no longer as the actor saw it.

    facts["changes"]: what happened since, as sentences.
    """

    code = "upload.moved_on"

    @classmethod
    def of(cls, upload: RosterUpload, version: int | None) -> Self:
        upload.refresh_from_db(fields=["state", "version", "changes"])
        since = [one for one in upload.changes if version is not None and one["version"] > version]
        if not since and upload.state in (RosterUpload.State.TAKEN, RosterUpload.State.DROPPED):
            since = upload.changes[-1:]
        if not since:
            return cls(_("This file has errors, or was taken already."), changes=[])
        return cls(
            _("Nothing was done: the file is no longer as you saw it. %(changes)s")
            % {"changes": " ".join(said(one) for one in since)},
            changes=[said(one) for one in since],
        )


def said(change: dict[str, Any]) -> str:
    """One change as a sentence."""
    what = _(WORDS[change["what"]]) % change["facts"]
    return _("%(name)s %(what)s.") % {"name": change["by"], "what": what}


def move_on(
    upload: RosterUpload,
    actor: Any,
    version: int | None,
    what: str,
    *,
    states: tuple[str, ...] = RosterUpload.OPEN,
    facts: dict[str, int] | None = None,
    **fields: Any,
) -> None:
    """Writes the fields if the upload is still as it was seen: as it was read, or of this version.

    what: of WORDS.  facts: numbers for its sentence.
    """
    seen = upload.version if version is None else version
    change = {
        "version": seen + 1,
        "by": actor.name,
        "by_id": actor.pk,
        "at": timezone.now().isoformat(),
        "what": what,
        "facts": facts or {},
    }
    fields |= {"version": seen + 1, "changes": [*upload.changes, change]}
    rows = RosterUpload.objects.filter(pk=upload.pk, version=seen, state__in=states)
    if seen != upload.version or not rows.update(**fields):
        raise UploadMovedOn.of(upload, version)
