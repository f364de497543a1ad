"""How the programme writes hours, grades, roles and dates, in the reader's language."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.web.months import OUTCOMES
from backend.web.way_back import with_way_back
from matching.wording import term_in_words

register = template.Library()

WEEKDAYS = [
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
]
ROLES = {"academic": gettext_lazy("academic mentor"), "wellbeing": gettext_lazy("wellbeing mentor")}
STATES = {
    "draft": gettext_lazy("draft"),
    "solving": gettext_lazy("being matched"),
    "solved": gettext_lazy("to be looked through"),
    "published": gettext_lazy("published"),
    "superseded": gettext_lazy("replaced by a later one"),
    "discarded": gettext_lazy("discarded"),
}
STAGES = {
    "build": gettext_lazy("who could meet whom"),
    "flow": gettext_lazy("a first plan and what none can exceed"),
    "reasons": gettext_lazy("why places stay open"),
    "complete": gettext_lazy("as many children as possible with both mentors"),
    "priority": gettext_lazy("the most urgent children"),
    "roles": gettext_lazy("as many places as possible"),
    "value": gettext_lazy("the best fit"),
    "openings": gettext_lazy("where one more mentor would help"),
}
WHY_NOT = {
    "full": gettext_lazy("has no seat left"),
    "hour_taken": gettext_lazy("is another child's"),
    "same_hour": gettext_lazy("is the hour with the other mentor"),
    "same_person": gettext_lazy("is the child's other mentor"),
}
AUDIENCES = {
    "family": gettext_lazy("Parents and carers"),
    "child": gettext_lazy("Children"),
    "mentor": gettext_lazy("Mentors"),
}
MISSED_BY = {
    "child": gettext_lazy("the child was not there"),
    "mentor": gettext_lazy("the mentor was not there"),
    "both": gettext_lazy("neither was there"),
}
WEEK_CELLS = {
    "now": ("●", gettext_lazy("this plan")),
    "both": ("✓", gettext_lazy("both are free")),
    "child": ("○", gettext_lazy("only the child is free")),
    "mentor": ("·", gettext_lazy("only the mentor is free")),
    "taken": ("–", gettext_lazy("the mentor meets another child")),
    "other": ("×", gettext_lazy("the child meets the other mentor")),
}
CERTIFICATES = {
    "counsellor-2": gettext_lazy("national counsellor, level 2"),
    "counsellor-3": gettext_lazy("national counsellor, level 3"),
    "school-psychology": gettext_lazy("school psychology teacher"),
}
DIGITS = "零一二三四五六七八九"
# First grade of junior school, by school system; senior school always begins at 10.
JUNIOR_FROM = {"6-3": 7, "5-4": 6}


@register.filter
def slot(value: int) -> str:
    """A weekly hour, weekday * 24 + hour, as 周三 19:00–20:00."""
    day, hour = divmod(int(value), 24)
    return f"{WEEKDAYS[day]} {hour:02}:00–{hour + 1:02}:00"


@register.filter
def weekly(value: int) -> str:
    """The same where there is little room: 周三 19:00."""
    return slot(value).split("–")[0]


@register.filter
def weekday(value: int) -> str:
    """The day of a weekly hour."""
    return str(WEEKDAYS[int(value) // 24])


@register.filter
def duration(seconds: float) -> str:
    """12 s; from two minutes on 3 min."""
    if seconds < 120:
        return _("%(seconds)d s") % {"seconds": round(seconds)}
    return _("%(minutes)d min") % {"minutes": round(seconds / 60)}


@register.filter
def grade(value: int, system: str = "6-3") -> str:
    """五年级, 初一, 高二; in English the number, which means the same in both systems."""
    value, junior = int(value), JUNIOR_FROM[system or "6-3"]
    if not (translation.get_language() or "").startswith("zh"):
        return _("grade %(number)d") % {"number": value}
    if value < junior:
        return f"{DIGITS[value]}年级"
    if value < 10:
        return f"初{DIGITS[value - junior + 1]}"
    return f"高{DIGITS[value - 9]}"


@register.filter
def role(value: str) -> str:
    return str(ROLES[value])


@register.filter
def day(value: date | None) -> str:
    """2020年2月17日 周一; of a moment, its day in Shanghai."""
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    return with_weekday(date_format(value, "DATE_FORMAT"), value) if value else ""


def with_weekday(day: str, of: date) -> str:
    """2月17日 周一, in English Mon 17 February."""
    return _("%(weekday)s %(day)s") % {"weekday": WEEKDAYS[of.weekday()], "day": day}


@register.filter
def day_and_hour(value: datetime | None) -> str:
    """2月17日 周一 19:00, where the year is known."""
    if not value:
        return ""
    there = timezone.localtime(value)
    return f"{with_weekday(date_format(there, 'MONTH_DAY_FORMAT'), there)} {there:%H:%M}"


@register.filter
def local_name(value: object) -> str:
    """A subject's or district's name in the reader's language."""
    english = getattr(value, "name_en", "")
    zh = (translation.get_language() or "").startswith("zh")
    return str(value if zh or not english else english)


@register.filter
def phone(value: str | None) -> str:
    """138 0013 8000; empty where none is known."""
    if not value:
        return ""
    return f"{value[:3]} {value[3:7]} {value[7:]}" if len(value) == 11 else value


@register.filter
def dialled(value: str) -> str:
    """A number as a link dials it."""
    return "".join(character for character in value if character in "+0123456789")


@register.filter
def certificate(value: str) -> str:
    """A kind of certificate; one that is not among the usual three as it was written."""
    return str(CERTIFICATES.get(value, value))


@register.filter
def state(value: str) -> str:
    """A round's state."""
    return str(STATES[value])


@register.filter
def stage(value: str) -> str:
    """What the solver is settling; a stage that has no words is shown as it is."""
    return str(STAGES.get(value, value))


@register.filter
def why_not(value: str) -> str:
    """Why a mentor's hour can't be taken."""
    return str(WHY_NOT[value])


@register.filter
def audience(value: str) -> str:
    """To whom a notice goes."""
    return str(AUDIENCES[value])


@register.filter
def missed_by(value: str) -> str:
    """Who did not come, for staff."""
    return str(MISSED_BY[value])


@register.filter
def outcome_sign(value: str) -> str:
    """The sign of what became of a meeting, in a month at a glance."""
    return OUTCOMES[value][0]


@register.filter
def outcome_words(value: str) -> str:
    """The same in words."""
    return str(OUTCOMES[value][1])


@register.filter
def week_sign(value: str) -> str:
    """The sign of an hour in the week of two people."""
    return WEEK_CELLS[value][0]


@register.filter
def week_cell(value: str) -> str:
    """The same in words."""
    return str(WEEK_CELLS[value][1])


@register.filter
def terms(value: dict[str, int]) -> str:
    """The points of a fit: 学科 40 · 年级 15; terms without points are left out."""
    return " · ".join(f"{term_in_words(name)} {points}" for name, points in value.items() if points)


@register.filter
def asked_again(field: BoundField) -> SafeString:
    """The field; one that was refused takes the focus, so that a long page opens where there is something to do."""
    return field.as_widget(attrs={"autofocus": True} if field.errors else None)


@register.filter
def percent(fraction: float) -> str:
    return f"{fraction:.2%}"


@register.simple_tag(takes_context=True)
def change_url(context: Any, round_id: int, child_id: int, role: str) -> str:
    """Where this place of a plan is changed; from there the way leads back to its row on this page."""
    here = f"{context['request'].get_full_path()}#place-{child_id}-{role}"
    return with_way_back(reverse("change", args=[round_id, child_id, role]), here)


@register.simple_block_tag
def table(
    content: str,
    caption: str,
    *columns: str,
    kind: str = "reflow",
    more: Sequence[str] = (),
    act: str = "",
    shown: bool = False,
) -> str:
    """The one frame of all tables, around rows: it scrolls by itself, and keys reach it when it does.

    columns and more: the headings; an empty one is left out, so a column may depend on who looks.
    act: what can be done in a last column without a visible heading.  shown: the caption is, too.
    kind: reflow (a row becomes a card on a narrow screen; cells say data-label), week, heat.
    """
    heads = [each for each in (*columns, *more) if each]
    told = {
        "content": content,
        "caption": caption,
        "columns": heads,
        "kind": kind,
        "act": act,
        "shown": shown,
    }
    return render_to_string("components/table.html", told)
