"""How the programme writes hours, grades, roles and dates, in the reader's language."""

from datetime import date

from django import template
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
DIGITS = "零一二三四五六七八九"
# First grade of junior school, by school system; senior school always begins at 10.
JUNIOR_FROM = {"6-3": 7, "5-4": 6}


@register.filter
def slot(value: int) -> str:
    """A weekly hour, weekday * 24 + hour, as 周三 19:00–20:00."""
    day, hour = divmod(int(value), 24)
    return f"{WEEKDAYS[day]} {hour:02}:00–{hour + 1:02}:00"


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
    """2020年2月17日 周一"""
    return f"{date_format(value, 'DATE_FORMAT')} {WEEKDAYS[value.weekday()]}" if value else ""


@register.filter
def local_name(value: object) -> str:
    """A subject's or district's name in the reader's language."""
    english = getattr(value, "name_en", "")
    zh = (translation.get_language() or "").startswith("zh")
    return str(value if zh or not english else english)
