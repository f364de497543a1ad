"""What a mentor types after a meeting. Rules stay in the use-cases; a form only reads what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chat.models import Elsewhere
from chat.protocol import LIMITS
from matching.models import Role

MOODS = [
    ("", _("not said")),
    (1, _("1 · very low")),
    (2, _("2 · low")),
    (3, _("3 · so-so")),
    (4, _("4 · good")),
    (5, _("5 · very good")),
]


class Words(forms.CharField):
    """A browser sends line breaks as two characters, and counts them as one."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class SummaryForm(forms.Form):
    body = Words(
        label=_("What you did, and what comes next time"),
        help_text=_("The child and the parents read this. Please no homework."),
        max_length=LIMITS.summary_chars,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    mood = forms.TypedChoiceField(
        label=_("How the child was, as you felt it"),
        choices=MOODS,
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, role: str, must: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].required = must
        if role != Role.WELLBEING:
            del self.fields["mood"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("mood") and not given.get("body") and "body" not in self.errors:
            self.add_error("body", _("Please write a sentence with it."))
        return given


class ElsewhereForm(SummaryForm):
    """A meeting by telephone or video, as the mentor tells it."""

    medium = forms.ChoiceField(label=_("How you met"), choices=Elsewhere.Medium.choices)
    began_at = forms.DateTimeField(
        label=_("When it began"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=180)
    field_order = ("medium", "began_at", "minutes", "body", "mood")
