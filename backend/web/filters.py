"""What the lists of people, proposals and pairings can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.rosters.models import Child, District, Mentor, Subject
from backend.web.templatetags.shuangdao import local_name
from chat.models import Gate
from matching.models import Pairing, Proposal
from matching.rounds import lacking_a_mentor

ROLES = [("academic", _("academic mentor")), ("wellbeing", _("wellbeing mentor"))]
ANY = "any"
GRADES = [(number, number) for number in range(1, 13)]


class LocalNames(forms.ModelChoiceField):
    def label_from_instance(self, obj: Model) -> str:
        return local_name(obj)


class LocalNameFilter(django_filters.ModelChoiceFilter):
    field_class = LocalNames


ACTIVE = [("True", _("taking part")), ("False", _("not taking part"))]


class NameFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_words", label=_("Name or number"))
    district = LocalNameFilter(queryset=District.objects.all(), label=_("District"), empty_label=_("all"))

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=value) | Q(roster_id__icontains=value))


class PeopleFilter(NameFilter):
    active = django_filters.ChoiceFilter(choices=ACTIVE, label=_("Takes part"), empty_label=_("all"))


class ChildFilter(PeopleFilter):
    grade = django_filters.ChoiceFilter(choices=GRADES, label=_("Grade"), empty_label=_("all"))
    mentors = django_filters.ChoiceFilter(
        choices=[("lacking", _("a mentor is missing"))],
        method="by_mentors",
        label=_("Mentors"),
        empty_label=_("all"),
    )

    class Meta:
        model = Child
        fields = ["search", "grade", "district", "active"]

    def by_mentors(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(pk__in=lacking_a_mentor().values("pk"))


class MentorFilter(PeopleFilter):
    role = django_filters.ChoiceFilter(
        choices=ROLES,
        method="by_role",
        label=_("Role"),
        empty_label=_("all"),
    )
    subject = LocalNameFilter(
        field_name="teachings__subject",
        queryset=Subject.objects.all(),
        distinct=True,
        label=_("Subject"),
        empty_label=_("all"),
    )

    vetting = django_filters.ChoiceFilter(
        choices=[("soon", _("ends within two weeks"))],
        method="by_end",
        label=_("Vetting or certificate"),
        empty_label=_("all"),
    )

    class Meta:
        model = Mentor
        fields = ["search", "role", "subject", "district", "active"]

    def by_role(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(**{f"is_{value}": True})

    def by_end(self, rows: Any, name: str, value: str) -> Any:
        return rows.running_out(timezone.localdate())


class PlaceFilter(django_filters.FilterSet):
    """Filters of anything that is a child, a role, a mentor and an hour."""

    search = django_filters.CharFilter(method="by_words", label=_("Name or number"))
    role = django_filters.ChoiceFilter(choices=ROLES, label=_("Role"), empty_label=_("all"))
    grade = django_filters.ChoiceFilter(
        field_name="child__grade",
        choices=GRADES,
        label=_("Grade"),
        empty_label=_("all"),
    )
    subject = LocalNameFilter(queryset=Subject.objects.all(), label=_("Subject"), empty_label=_("all"))

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(
            Q(child__name__icontains=value)
            | Q(child__roster_id__icontains=value)
            | Q(mentor__name__icontains=value)
            | Q(mentor__roster_id__icontains=value)
        )


class ProposalFilter(PlaceFilter):
    by_hand = django_filters.ChoiceFilter(
        choices=[("True", _("changed by hand")), ("False", _("by the solver"))],
        label=_("Chosen"),
        empty_label=_("all"),
    )
    order = django_filters.OrderingFilter(
        fields=[("fit", "fit")],
        choices=[("fit", _("weakest fit first")), ("-fit", _("best fit first"))],
        label=_("Order"),
        empty_label=_("by child"),
    )

    class Meta:
        model = Proposal
        fields = ["search", "role", "grade", "subject", "by_hand"]


class PairingFilter(PlaceFilter):
    shut = django_filters.ChoiceFilter(
        label=_("Room shut for want of"),
        empty_label=_("all"),
        choices=[(ANY, _("anything")), *Gate.choices],
        method="by_gate",
    )

    order = django_filters.OrderingFilter(
        fields=[("slot", "slot"), ("mentor__name", "mentor"), ("started_at", "since")],
        choices=[
            ("slot", _("by hour of the week")),
            ("mentor", _("by mentor")),
            ("-since", _("newest pairs first")),
        ],
        label=_("Order"),
        empty_label=_("by child"),
    )

    class Meta:
        model = Pairing
        fields = ["search", "role", "grade", "subject", "shut"]

    def by_gate(self, rows: Any, name: str, value: str) -> Any:
        return rows.exclude(room__shut_by="") if value == ANY else rows.filter(room__shut_by=value)
