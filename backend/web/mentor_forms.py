"""What a mentor types after a meeting. Rules stay in the use-cases; a form only reads what was typed."""

from typing import Any

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from chat.handing_over import MOST
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


# What is often so, for a tap instead of typing. Facts only: no praise by machine, no homework.
OF_TEXTS = _("We read a text together.")
WITH_TEXTS = frozenset({"chinese", "english"})  # subjects
PHRASES = {
    Role.ACADEMIC: [
        _("We went over last time once more."),
        _("We looked at what went wrong, and where."),
        _("We began something new."),
        OF_TEXTS,
        _("We ended a little earlier: it was enough for today."),
        _("Next time we go on from here."),
    ],
    Role.WELLBEING: [
        _("We talked about how the days are."),
        _("We talked about what is fun."),
        _("We tried something that helps to calm down."),
        _("We drew and talked."),
        _("Today it was good to talk little."),
        _("Next time we go on from here."),
    ],
}


class Words(forms.CharField):
    """A browser sends line breaks as two characters, and counts them as one."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


class SummaryForm(forms.Form):
    """What is ticked stands before what is typed. subject: its code, in which some sentences make no sense."""

    phrases = forms.TypedMultipleChoiceField(
        label=_("What you did: tick what applies"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    body = Words(
        label=_("In your words, and what comes next time"),
        help_text=_("The child and the parents read this. Please no homework."),
        max_length=LIMITS.summary_chars,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    mood = forms.TypedChoiceField(
        label=_("How the child was, as you felt it"),
        choices=MOODS,
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(
        self, *args: Any, role: str, subject: str | None = None, must: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.must, self.phrases = must, PHRASES[Role(role)]
        choices = self.fields["phrases"]
        assert isinstance(choices, forms.TypedMultipleChoiceField)
        choices.choices = [
            (number, said)
            for number, said in enumerate(self.phrases)
            if said is not OF_TEXTS or subject in WITH_TEXTS
        ]
        if role != Role.WELLBEING:
            del self.fields["mood"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        ticked = [str(self.phrases[number]) for number in given.get("phrases") or []]
        if "body" not in self.errors:
            given["body"] = "\n".join(filter(None, [_joined(ticked), given.get("body")]))
            if self.must and not given["body"]:
                self.add_error("body", _("Please tap or write at least one sentence."))
        if given.get("mood") and not given.get("body") and "body" not in self.errors:
            self.add_error("body", _("Please write a sentence with it."))
        return given


def _joined(sentences: list[str]) -> str:
    """In Chinese without spaces between, which the sentence's own end tells."""
    zh = (translation.get_language() or "").startswith("zh")
    return ("" if zh else " ").join(sentences)


class ElsewhereForm(SummaryForm):
    """A meeting by telephone or video, as the mentor tells it."""

    medium = forms.ChoiceField(label=_("How you met"), choices=Elsewhere.Medium.choices)
    began_at = forms.DateTimeField(
        label=_("When it began"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=180)
    field_order = ("medium", "began_at", "minutes", "phrases", "body", "mood")


class NoteForm(forms.Form):
    """What a mentor leaves for the child's next one."""

    note = Words(
        label=_("For the next mentor: what you did, and what helps"),
        help_text=_(
            "Read by the child's next mentor in this role and by coordinators, not by the family. Write only what "
            "you would say to the child's face."
        ),
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
