"""What the staff type when they ask to read a room, or open a case. Rules stay in the use-cases."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.care.cases import BY_HAND
from backend.care.models import Alert, Case, Note, Reading, Shift
from backend.care.rules import LEAST_REASON

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AskForm(forms.Form):
    code = forms.ChoiceField(label=_("Why"), choices=Reading.Code.choices)
    first_day = forms.DateField(label=_("First day"), widget=DAY)
    last_day = forms.DateField(label=_("Last day"), help_text=_("At most 31 days."), widget=DAY)
    reason = forms.CharField(
        label=_("What happened, and what you have to know"),
        help_text=_("At least 20 characters. The person who decides reads this."),
        min_length=LEAST_REASON,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    alone = forms.BooleanField(
        label=_("Immediate danger: open it now, without a second person"),
        help_text=_("Another lead reviews that the next day."),
        required=False,
    )

    def __init__(self, *args: Any, may_go_ahead: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_go_ahead:
            del self.fields["alone"]


class CaseForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of case"), choices=BY_HAND)
    sealed = forms.BooleanField(
        label=_("Seal it"),
        help_text=_("The family sees no trace of it. A case of abuse is always sealed."),
        required=False,
    )
    named = forms.TypedChoiceField(
        label=_("Whom it names"),
        help_text=_("This person sees nothing of the case, whatever else they do here."),
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["named"].choices = [("", _("nobody")), *people]


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Case.Outcome.choices)


class TalkForm(forms.Form):
    """From which message of a room to which. messages: by room, each as ``room:number`` with its words."""

    first = forms.ChoiceField(label=_("First message"))
    last = forms.ChoiceField(label=_("Last message"))

    def __init__(self, *args: Any, messages: list[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
            self.fields[name].choices = messages

    def clean(self) -> dict[str, Any]:
        """room, first and last, as numbers."""
        given = [self.cleaned_data.get(name, "").split(":") for name in ("first", "last")]
        if not all(len(each) == 2 for each in given) or given[0][0] != given[1][0]:
            raise forms.ValidationError(_("Choose the first and the last message in the same room."))
        first, last = sorted(int(number) for _room, number in given)
        return {"room": int(given[0][0]), "first": first, "last": last}


class TellForm(forms.Form):
    """kind: what it is.  words: a child need write none, an adult a sentence."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[
            ("concern", _("I am worried about the child; please get in touch")),
            ("report", _("Somebody is hurting the child, or treating them as nobody should")),
        ],
        widget=forms.RadioSelect,
    )
    named = forms.TypedChoiceField(
        label=_("Who is it?"),
        help_text=_("This person won't know, and neither will the parents."),
        coerce=int,
        empty_value=None,
        required=False,
    )
    words = forms.CharField(
        label=_("What happened?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(
        self,
        *args: Any,
        people: list[tuple[int, str]],
        is_child: bool,
        in_family: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if in_family and not is_child:
            self.fields["named"].help_text = _(
                "This person won't know; with a report, nobody else in the family will either."
            )
        self.fields["named"].choices = [("", _("somebody else, or I would rather not say")), *people]
        self.fields["words"].required = not is_child
        if is_child:
            self.fields["kind"].choices = [
                ("report", _("Somebody is doing something to me that isn't OK")),
                ("concern", _("Something else worries me")),
            ]
            self.fields["words"].help_text = _("You can leave this empty. Somebody will ask you.")


class NoteForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What you did"),
        choices=[(each.value, each.label) for each in (Note.Kind.CALL, Note.Kind.NOTE)],
    )
    body = forms.CharField(
        label=_("What was said, and what comes next"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PassOnForm(forms.Form):
    note = forms.CharField(
        label=_("What the next one has to know"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(label=_("Was it right?"), choices=Alert.Verdict.choices)


class ShiftForm(forms.Form):
    MOMENT = {"attrs": {"type": "datetime-local"}, "format": "%Y-%m-%dT%H:%M"}
    person_id = forms.TypedChoiceField(label=_("Who is on duty"), coerce=int)
    post = forms.ChoiceField(label=_("Duty"), choices=Shift.Post.choices)
    begins_at = forms.DateTimeField(
        label=_("From"), input_formats=["%Y-%m-%dT%H:%M"], widget=forms.DateTimeInput(**MOMENT)
    )
    ends_at = forms.DateTimeField(
        label=_("Until"), input_formats=["%Y-%m-%dT%H:%M"], widget=forms.DateTimeInput(**MOMENT)
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person_id"].choices = people


class NumberForm(forms.Form):
    """A row of the numbers to ring; without a number it goes."""

    number = forms.RegexField(
        r"^[0-9][0-9 -]{2,19}$",
        label=_("Telephone"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    name = forms.CharField(label=_("Who answers"), max_length=60, required=False)
    name_en = forms.CharField(label=_("Who answers, in English"), max_length=60, required=False)
    confirmed_on = forms.DateField(label=_("Somebody rang it on"), required=False, widget=DAY)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("number") and not given.get("name"):
            self.add_error("name", _("Please say who answers."))
        return given
