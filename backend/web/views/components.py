"""The living page of components: each in every state, with the code that the pages use."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.web.weeks import free_week

COLOURS = (
    ("paper", "surface", "sunken", "line", "line-strong"),
    ("ink", "ink-soft", "accent", "accent-strong", "accent-soft"),
    ("study", "study-soft", "heart", "heart-soft", "focus"),
    ("info", "info-soft", "warn", "warn-soft", "alarm", "alarm-soft"),
)


class Choice(forms.Form):
    """Filters stand in one row, and go away on paper."""

    search = forms.CharField(label=gettext_lazy("Name"), required=False)
    grade = forms.ChoiceField(
        label=gettext_lazy("Grade"), choices=[("", "–"), *((n, n) for n in range(1, 13))]
    )


class Example(forms.Form):
    """One field of each sort."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As it stands in the roster."))
    grade = forms.IntegerField(label=gettext_lazy("Grade"), min_value=1, max_value=12)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[
            ("academic", gettext_lazy("academic mentor")),
            ("wellbeing", gettext_lazy("wellbeing mentor")),
        ],
    )
    hour = forms.ChoiceField(
        label=gettext_lazy("Do these weekly hours suit?"),
        choices=[("yes", gettext_lazy("It suits me")), ("no", gettext_lazy("This hour doesn't suit me"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(label=gettext_lazy("Summary"), widget=forms.Textarea(attrs={"rows": 3}))


def show(request: HttpRequest) -> HttpResponse:
    """For those who build pages, and for anybody who wants to see what everything is made of."""
    wrong = {"e-name": _("Wang"), "e-grade": "13", "e-role": "wellbeing", "e-hour": "yes"}
    context: dict[str, Any] = {
        "colours": COLOURS,
        "form": Example(),
        "wrong": Example(wrong, prefix="e"),
        "filters": Choice(auto_id="filter_%s"),
        "week": free_week({5 * 24 + 9, 5 * 24 + 10, 24 + 19, 3 * 24 + 18}),
        "page": Paginator(range(30), 10).page(2),
    }
    return render(request, "components_page.html", context)
