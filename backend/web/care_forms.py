"""What the staff type when they ask to read a room, or open a case. Rules stay in the use-cases."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.care.cases import BY_HAND
from backend.care.models import Case, Reading
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
