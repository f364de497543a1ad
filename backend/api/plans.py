"""What a round proposes: the places, who is left unserved, other choices, and what publishing would change."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.paging import Pages
from backend.api.rounds import RoundListed
from backend.rosters.access import access_child
from backend.rosters.models import District, Mentor
from matching import edits, wording
from matching.access import access_round
from matching.core.roster import Role as CoreRole
from matching.models import Proposal, Role, Unserved


class ChildBrief(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    roster_id = serializers.CharField()
    name = serializers.CharField()
    grade = serializers.IntegerField()
    district = serializers.CharField(source="district_id")


class MentorBrief(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    roster_id = serializers.CharField()
    name = serializers.CharField()


class PlaceOut(serializers.Serializer[Any]):
    """slot: weekday * 24 + hour, Monday 00:00 = 0, in the programme's time zone."""

    id = serializers.IntegerField()
    child = ChildBrief()
    role = serializers.ChoiceField(choices=Role.choices)
    mentor = MentorBrief()
    slot = serializers.IntegerField(min_value=0, max_value=167)
    subject = serializers.CharField(source="subject_id", allow_null=True)


class ProposalOut(PlaceOut):
    fit = serializers.IntegerField()
    value = serializers.IntegerField(help_text="The fit, less a cost when it is poor.")
    terms = serializers.DictField(child=serializers.IntegerField(), help_text="Points of the fit by name.")
    by_hand = serializers.BooleanField()


class UnservedOut(serializers.Serializer[Unserved]):
    id = serializers.IntegerField()
    child = ChildBrief()
    role = serializers.ChoiceField(choices=Role.choices)
    reason = serializers.CharField()
    words = serializers.SerializerMethodField(help_text="The reason as a sentence.")
    facts = serializers.DictField()
    remedy = serializers.DictField(help_text="The smallest change that would fill the role, if one is known.")
    remedy_words = serializers.SerializerMethodField()

    def get_words(self, row: Unserved) -> str:
        return wording.detail_of(row.reason, row.facts)

    def get_remedy_words(self, row: Unserved) -> str:
        return wording.remedy_in_words(row.remedy)


class ChoiceOut(serializers.Serializer[Any]):
    """why_not is empty when the place is free; else full, hour_taken, same_hour or same_person."""

    mentor = serializers.SerializerMethodField()
    slot = serializers.IntegerField()
    subject = serializers.SerializerMethodField()
    fit = serializers.IntegerField()
    value = serializers.IntegerField()
    terms = serializers.DictField(child=serializers.IntegerField())
    free = serializers.BooleanField()
    why_not = serializers.CharField()

    @extend_schema_field(MentorBrief)
    def get_mentor(self, choice: edits.Choice) -> Any:
        return MentorBrief(self.context["mentors"][choice.mentor]).data

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_subject(self, choice: edits.Choice) -> str | None:
        return choice.subject or None


class ChoicesIn(serializers.Serializer[Any]):
    free = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only free places, or only taken ones."
    )
    page = serializers.IntegerField(min_value=1, required=False)
    page_size = serializers.IntegerField(min_value=1, max_value=Pages.max_page_size, required=False)


class ChangeIn(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, help_text="The edit of the plan that you looked at.")
    mentor = serializers.IntegerField(min_value=1)
    slot = serializers.IntegerField(min_value=0, max_value=167)


class PlanFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(choices=Role.choices)
    child = django_filters.NumberFilter(field_name="child_id")
    grade = django_filters.NumberFilter(field_name="child__grade")
    district = django_filters.ModelChoiceFilter(field_name="child__district", queryset=District.objects.all())
    search = django_filters.CharFilter(method="by_words", label="Part of a name or roster id.")

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(child__name__icontains=value) | Q(child__roster_id__icontains=value))


class ProposalFilter(PlanFilter):
    mentor = django_filters.NumberFilter(field_name="mentor_id")
    subject = django_filters.CharFilter(field_name="subject_id")
    by_hand = django_filters.BooleanFilter()
    fit_min = django_filters.NumberFilter(field_name="fit", lookup_expr="gte")
    fit_max = django_filters.NumberFilter(field_name="fit", lookup_expr="lte")
    ordering = Ordering(
        fields={
            "child__roster_id": "child",
            "mentor__roster_id": "mentor",
            "fit": "fit",
            "value": "value",
            "slot": "slot",
        }
    )

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        found = Q()
        for person in ("child", "mentor"):
            found |= Q(**{f"{person}__name__icontains": value})
            found |= Q(**{f"{person}__roster_id__icontains": value})
        return rows.filter(found)


class UnservedFilter(PlanFilter):
    reason = django_filters.CharFilter()
    ordering = Ordering(fields={"child__roster_id": "child", "child__grade": "grade", "reason": "reason"})


@extend_schema(tags=["rounds"])
class Proposals(mixins.ListModelMixin, GenericViewSet[Proposal]):
    """The places that a round proposes."""

    queryset = Proposal.objects.none()
    serializer_class = ProposalOut
    filterset_class = ProposalFilter

    def get_queryset(self) -> QuerySet[Proposal]:
        round_ = access_round(self.request.user, self.kwargs["round_id"])
        return round_.proposals.select_related("child", "mentor")

    @listed("Places that a round proposes", ProposalOut)
    def list(self, request: Request, round_id: int) -> Response:
        return super().list(request)


@extend_schema(tags=["rounds"])
class UnservedRoles(mixins.ListModelMixin, GenericViewSet[Unserved]):
    """Children and roles for whom a round found nobody."""

    queryset = Unserved.objects.none()
    serializer_class = UnservedOut
    filterset_class = UnservedFilter

    def get_queryset(self) -> QuerySet[Unserved]:
        round_ = access_round(self.request.user, self.kwargs["round_id"])
        return round_.unserved.select_related("child")

    @listed("Children and roles that a round leaves unserved, and why", UnservedOut)
    def list(self, request: Request, round_id: int) -> Response:
        return super().list(request)


@extend_schema(tags=["rounds"])
class OnePlace(APIView):
    """One child and role of a round's plan."""

    @told(
        "Give a child another mentor or hour",
        RoundListed,
        takes=ChangeIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="rounds_proposals_change",
    )
    def put(self, request: Request, round_id: int, child_id: int, role: CoreRole) -> Response:
        """Under the same rules as the solver; a broken rule is named and nothing changes."""
        access_round(request.user, round_id, "write")
        given = ChangeIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        changed = edits.change_proposal(
            actor=request.user,
            round_id=round_id,
            version=values["version"],
            child_id=child_id,
            role=role,
            mentor_id=values["mentor"],
            slot=values["slot"],
        )
        return Response(RoundListed(changed).data)


@extend_schema(tags=["rounds"])
class Choices(APIView):
    """What else a child could have in a role."""

    pagination_class = Pages

    @told(
        "Mentors and hours that a child could have in a role, the free and best first",
        ChoiceOut(many=True),
        refusals=(400, 401, 404),
        parameters=[ChoicesIn],
        operation_id="rounds_choices_list",
    )
    def get(self, request: Request, round_id: int, child_id: int, role: CoreRole) -> Response:
        round_ = access_round(request.user, round_id)
        child = access_child(request.user, child_id)
        given = ChoicesIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        free, pages = given.validated_data["free"], Pages()
        found = edits.choices_for(round_, child.roster_id, role)
        choices = [choice for choice in found if free is None or choice.free is free]
        page = pages.paginate_queryset(choices, request, self)  # type: ignore[arg-type]
        named = {choice.mentor for choice in page or ()}
        mentors = {m.roster_id: m for m in Mentor.objects.filter(roster_id__in=named)}
        page = [choice for choice in page or () if choice.mentor in mentors]
        return pages.get_paginated_response(ChoiceOut(page, many=True, context={"mentors": mentors}).data)
