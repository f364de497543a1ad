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
    """From which number of a room to which."""

    room = forms.ChoiceField(label=_("Room"))
    first = forms.IntegerField(label=_("First number"), min_value=1)
    last = forms.IntegerField(label=_("Last number"), min_value=1)

    def __init__(self, *args: Any, rooms: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = rooms
