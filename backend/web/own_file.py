"""A family's own data as a ZIP: the same as JSON for machines and as a page to read."""

import io
import json
import zipfile
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from backend.care.own_data import OwnData
from backend.web.acts import look_in_words
from backend.web.saying import what_happened
from chat.history import Line


def zipped(data: OwnData) -> bytes:
    """In the reader's language. The same data give the same bytes."""
    today = timezone.localdate(data.made_at)
    lines = [{"line": line, "words": what_happened(line, data.child.call_name, today)} for line in data.lines]
    looks = [{"look": look, "words": look_in_words(look)} for look in data.looks]
    page = render_to_string("family/own_page.html", {"data": data, "lines": lines, "looks": looks})
    stamp = timezone.localtime(data.made_at).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("history.html", page), ("history.json", as_json(data))):
            archive.writestr(zipfile.ZipInfo(name, stamp), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def as_json(data: OwnData) -> str:
    child = data.child
    whole: dict[str, Any] = {
        "made_at": _moment(data.made_at),
        "child": {
            "name": child.name,
            "call_name": child.call_name,
            "birth_date": child.birth_date.isoformat(),
            "grade": child.grade,
            "school_system": child.school_system,
            "district": child.district.name,
            "subjects": [wanted.subject_id for wanted in child.wanted.all()],
            "free_hours": [free.slot for free in child.free_slots.all()],
        },
        "consent": {
            "given_on": data.consent.given_on and data.consent.given_on.isoformat(),
            "source": data.consent.source,
        },
        "mentors": [
            {"name": each.name, "roles": each.roles, "certificates": each.certificates, "vetted": each.vetted}
            for each in data.mentors
        ],
        "coming": [
            {"start": _moment(each.start), "mentor": each.pairing.mentor.name, "role": each.pairing.role}
            for each in data.coming
        ],
        "history": [_line(line) for line in data.lines],
        "who_looked": [
            {
                "at": _moment(look.at),
                "as": look.capacity,
                "what": "way_in" if look.way_in else "held_message" if look.held else look.role or "details",
                "first_day": look.first_day and look.first_day.isoformat(),
                "last_day": look.last_day and look.last_day.isoformat(),
            }
            for look in data.looks
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _line(line: Line) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "at": _moment(line.at),
        "mentor": line.mentor_name,
        "role": line.role,
        "state": line.state,
        "minutes": line.minutes,
        "medium": line.medium,
        "disputed": line.disputed,
        "summary": line.summary,
    }


def _moment(at: Any) -> str:
    return timezone.localtime(at).isoformat(timespec="minutes")
