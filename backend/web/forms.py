"""Forms of the coordinator's pages. Rules stay in the use-cases; a form only reads what was typed."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backend.accounts.passwords import check_password_again
from backend.errors import Refusal
from backend.rosters.models import Child, Mentor
from backend.rosters.reading.cells import Unreadable, availability
from matching.core.weights import FACTORS, Weights
from matching.models import Lock, Role
from matching.rounds import children_who_lack_a_mentor

MANY = 2000  # children, from which on a proof to the last point takes too long
FACTOR_WORDS = {
    "academic_subject": (
        gettext_lazy("The subject that the child wants most"),
        gettext_lazy(
            "A mentor for the first subject on the child's list, rather than for the second or third."
        ),
    ),
    "academic_grade": (
        gettext_lazy("Used to the child's grade"),
        gettext_lazy("A mentor who teaches this very grade, rather than one at the edge of what they teach."),
    ),
    "wellbeing_grade": (
        gettext_lazy("Used to the child's age"),
        gettext_lazy("A mentor for children of this very age, rather than one at the edge of their grades."),
    ),
    "shared": (
        gettext_lazy("Several hours that both have free"),
        gettext_lazy("Then a meeting can be moved when something comes up."),
    ),
    "district": (
        gettext_lazy("The same district"),
        gettext_lazy("They know the same schools and streets."),
    ),
    "gender": (
        gettext_lazy("A woman or a man, as the child asked for"),
        gettext_lazy("Counts only for children who asked."),
    ),
    "previous": (
        gettext_lazy("The mentor whom the child had before"),
        gettext_lazy("Nobody has to get to know a new person without need."),
    ),
}
LEVEL_WORDS = {
    0: gettext_lazy("does not count"),
    50: gettext_lazy("counts less"),
    100: gettext_lazy("as usual"),
    200: gettext_lazy("counts twice"),
}


def factor_words(factor: str) -> tuple[Any, Any]:
    """Label and hint of a factor of the fit."""
    return FACTOR_WORDS.get(factor) or FACTOR_WORDS[factor.partition("_")[2]]


def by_numbers(model: Any, text: str, unknown_words: str) -> list[int]:
    """Ids of the people whose numbers were typed, between commas or spaces; who is unknown is named."""
    numbers = set(re.split(r"[\s,;，；、]+", text.strip())) - {""}
    known = dict(model.objects.filter(roster_id__in=numbers).values_list("roster_id", "pk"))
    unknown = sorted(numbers - set(known))
    if unknown:
        raise forms.ValidationError(unknown_words % {"numbers": _(", ").join(unknown[:10])})
    return sorted(known.values())


class StartForm(forms.Form):
    """narrowed: the children of a list that the coordinator came from; None when they came from elsewhere."""

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
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    stickiness = forms.TypedChoiceField(
        label=gettext_lazy("Pairs that exist already"),
        coerce=int,
        initial=10,
        choices=[
            (0, gettext_lazy("are arranged anew wherever that is better, also their hours")),
            (10, gettext_lazy("stay, with their hour, unless something is clearly better (as usual)")),
            (100, gettext_lazy("stay, even where others would fit much better")),
            (1000, gettext_lazy("stay wherever they can; only children without a mentor are given one")),
        ],
    )
    gap = forms.TypedChoiceField(
        label=gettext_lazy("How exactly"),
        coerce=float,
        choices=[
            (0.0, gettext_lazy("until it is proved that no plan is better")),
            (
                0.001,
                gettext_lazy(
                    "until it is proved that at most a thousandth could be better (much faster from 2,000 children on)"
                ),
            ),
        ],
    )
    poor_below = forms.TypedChoiceField(
        label=gettext_lazy("Poor matches"),
        coerce=int,
        initial=45,
        choices=[
            (0, gettext_lazy("may happen if the others win by it")),
            (45, gettext_lazy("are avoided: what fits badly costs extra (as usual)")),
            (60, gettext_lazy("are avoided, middling ones too")),
        ],
    )

    def __init__(self, *args: Any, narrowed: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrowed = narrowed
        if narrowed is not None:
            count = narrowed.count()
            words = ngettext(
                "only the %(number)d child of the list you came from (all other pairs stay)",
                "only the %(number)d children of the list you came from (all other pairs stay)",
                count,
            )
            covers = self.fields["covers"]
            covers.choices = [("narrowed", words % {"number": count}), *covers.choices]  # type: ignore[attr-defined]
            covers.initial = "narrowed"
        large = Child.objects.filter(active=True).count() > MANY
        self.fields["gap"].initial = 0.001 if large else 0.0
        for factor in FACTORS:
            label, hint = factor_words(factor)
            self.fields[factor] = forms.TypedChoiceField(
                label=label, help_text=hint, coerce=int, initial=100, choices=list(LEVEL_WORDS.items())
            )

    def clean_children(self) -> list[int]:
        """Ids of the children whose numbers were typed."""
        found = by_numbers(
            Child,
            self.cleaned_data["children"],
            _("Nobody has these numbers: %(numbers)s. They stand in the list of children."),
        )
        if not found and self.cleaned_data.get("covers") == "chosen":
            raise forms.ValidationError(_("Name at least one child."))
        return found

    def chosen(self) -> list[int] | None:
        """Ids of the children that the round is to cover; None for all."""
        covers = self.cleaned_data["covers"]
        if covers == "missing":
            return children_who_lack_a_mentor()
        if covers == "narrowed":
            return list(self.narrowed.values_list("pk", flat=True))
        chosen: list[int] = self.cleaned_data["children"]
        return chosen if covers == "chosen" else None

    def of_role(self, role: str) -> list[Any]:
        return [self[factor] for factor in FACTORS if factor.startswith(role)]

    def for_studies(self) -> list[Any]:
        return self.of_role(Role.ACADEMIC)

    def for_wellbeing(self) -> list[Any]:
        return self.of_role(Role.WELLBEING)

    def weights(self) -> dict[str, int]:
        levels = {factor: self.cleaned_data[factor] for factor in FACTORS}
        return Weights.scaled(levels, poor_below=self.cleaned_data["poor_below"]).to_json()


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


class ManyLocksForm(forms.Form):
    rows = forms.CharField(
        label=gettext_lazy("One row each"),
        help_text=gettext_lazy(
            "Kind, child's number, mentor's number, role, hour; separated by commas, or pasted from a spreadsheet."
            " A forbid without a role holds for both; only a pin may have an hour."
        ),
        max_length=200_000,
        widget=forms.Textarea(
            attrs={"rows": 8, "placeholder": "回避,K00012,W0003\n指定,K00013,A0021,学业,周一19:00"}
        ),
    )


class PauseForm(forms.Form):
    numbers = forms.CharField(
        label=gettext_lazy("Numbers of these mentors"),
        help_text=gettext_lazy("Separated by commas or spaces."),
        max_length=20_000,
    )

    def clean_numbers(self) -> list[int]:
        return by_numbers(
            Mentor,
            self.cleaned_data["numbers"],
            _("Nobody has these numbers: %(numbers)s. They stand in the list of mentors."),
        )


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
