"""Forms of the coordinator's pages. Rules stay in the use-cases; a form only reads what was typed."""

import re
from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.passwords import check_password_again
from backend.errors import Refusal
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.cells import Unreadable, availability
from matching.core.weights import Weights
from matching.models import Lock, Role
from matching.rounds import children_who_lack_a_mentor

WEIGHT_LABELS = {
    "academic_subject_first": gettext_lazy("Studies: the subject wanted most"),
    "academic_subject_second": gettext_lazy("Studies: the second subject"),
    "academic_subject_later": gettext_lazy("Studies: a later subject"),
    "academic_grade": gettext_lazy("Studies: grade in the middle of what the mentor teaches"),
    "academic_grade_step": gettext_lazy("Studies: less for each grade away from it"),
    "academic_shared": gettext_lazy("Studies: each hour that both have free"),
    "academic_shared_most": gettext_lazy("Studies: hours that count at most"),
    "academic_district": gettext_lazy("Studies: same district"),
    "academic_gender": gettext_lazy("Studies: mentor of the gender asked for"),
    "academic_gender_open": gettext_lazy("Studies: no gender asked for"),
    "academic_previous": gettext_lazy("Studies: same mentor as before"),
    "wellbeing_grade": gettext_lazy("Wellbeing: grade in the middle of the mentor's"),
    "wellbeing_grade_step": gettext_lazy("Wellbeing: less for each grade away from it"),
    "wellbeing_shared": gettext_lazy("Wellbeing: each hour that both have free"),
    "wellbeing_shared_most": gettext_lazy("Wellbeing: hours that count at most"),
    "wellbeing_district": gettext_lazy("Wellbeing: same district"),
    "wellbeing_gender": gettext_lazy("Wellbeing: mentor of the gender asked for"),
    "wellbeing_gender_open": gettext_lazy("Wellbeing: no gender asked for"),
    "wellbeing_previous": gettext_lazy("Wellbeing: same mentor as before"),
    "poor_below": gettext_lazy("A match below this costs extra"),
}


class StartForm(forms.Form):
    covers = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=[
            ("all", gettext_lazy("all children (published pairs may change)")),
            ("missing", gettext_lazy("only children who lack a mentor (all other pairs stay)")),
            ("chosen", gettext_lazy("only the children named below (all other pairs stay)")),
        ],
    )
    children = forms.CharField(
        label=gettext_lazy("Numbers of these children"),
        help_text=gettext_lazy(
            "Only if you chose “the children named below”. Separated by commas or spaces."
        ),
        required=False,
        max_length=20_000,
    )

    stickiness = forms.IntegerField(
        label=gettext_lazy("Points for keeping a pair, and as many again for keeping its hour"),
        help_text=gettext_lazy("With 0, families may be given another hour for no gain."),
        min_value=0,
        max_value=1000,
        initial=10,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in fields(Weights):
            self.fields[field.name] = forms.IntegerField(
                label=WEIGHT_LABELS[field.name], min_value=0, max_value=1000, initial=field.default
            )

    def clean_children(self) -> list[int]:
        """Ids of the children whose numbers were typed."""
        numbers = set(re.split(r"[\s,;，；、]+", self.cleaned_data["children"].strip())) - {""}
        known = dict(Child.objects.filter(roster_id__in=numbers).values_list("roster_id", "pk"))
        unknown = sorted(numbers - set(known))
        if unknown:
            raise forms.ValidationError(
                _("Nobody has these numbers: %(numbers)s. They stand in the list of children.")
                % {"numbers": _(", ").join(unknown[:10])}
            )
        if not numbers and self.cleaned_data.get("covers") == "chosen":
            raise forms.ValidationError(_("Name at least one child."))
        return sorted(known.values())

    def chosen(self) -> list[int] | None:
        """Ids of the children that the round is to cover; None for all."""
        if self.cleaned_data["covers"] == "missing":
            return children_who_lack_a_mentor()
        chosen: list[int] = self.cleaned_data["children"]
        return chosen if self.cleaned_data["covers"] == "chosen" else None

    def weight_fields(self) -> list[Any]:
        return [self[field.name] for field in fields(Weights)]

    def weights(self) -> dict[str, int]:
        return {field.name: self.cleaned_data[field.name] for field in fields(Weights)}


class ByNumber(forms.CharField):
    """A person by their number in the roster."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.model = model

    def clean(self, value: Any) -> Any:
        found = self.model.objects.filter(roster_id=super().clean(value)).first()
        if found is None:
            raise forms.ValidationError(_("Nobody has this number. It stands in the list of people."))
        return found


class LockForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[
            (Lock.Kind.FORBID, gettext_lazy("never these two")),
            (Lock.Kind.PIN, gettext_lazy("these two, whatever else happens")),
        ],
    )
    child = ByNumber(Child, label=gettext_lazy("Child's number"))
    mentor = ByNumber(Mentor, label=gettext_lazy("Mentor's number"))
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[
            ("", gettext_lazy("both")),
            (Role.ACADEMIC, gettext_lazy("academic mentor")),
            (Role.WELLBEING, gettext_lazy("wellbeing mentor")),
        ],
    )
    hour = forms.CharField(
        label=gettext_lazy("Hour (only for “these two”)"),
        help_text=gettext_lazy("For example: mon-19, or 周一19:00. Empty: any hour."),
        required=False,
    )

    def clean_hour(self) -> int | None:
        text = self.cleaned_data["hour"].strip()
        if not text:
            return None
        try:
            slots = availability(text)
        except Unreadable as error:
            raise forms.ValidationError(
                _("%(part)s was not understood. Expected: %(expected)s.")
                % {"part": error.part, "expected": _(error.expected)}
            ) from error
        if len(slots) != 1:
            raise forms.ValidationError(_("Name exactly one hour."))
        return int(next(iter(slots)))


class PasswordAgainForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Your password, once more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():  # the demonstration's people have none
            del self.fields["password"]

    def clean_password(self) -> str:
        given = str(self.cleaned_data["password"])
        try:
            check_password_again(self.user, given)
        except Refusal as refused:
            raise forms.ValidationError(str(refused)) from refused
        return given


class PublishForm(PasswordAgainForm):
    """version: the edit of the plan that the coordinator looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)
