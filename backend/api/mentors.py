"""Mentors: for coordinators the roster, for a mentor their own row."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.people import ActiveIn, Cells, PeopleFilter, cell
from backend.rosters import people
from backend.rosters.access import access_mentor, mentors_for
from backend.rosters.models import Gender, Mentor, Subject
from matching.models import Role


class GradeBand(serializers.Serializer[Any]):
    low = serializers.IntegerField(min_value=1, max_value=12)
    high = serializers.IntegerField(min_value=1, max_value=12)


class TeachingOut(GradeBand):
    subject = serializers.CharField(source="subject_id")


class CertificateOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    number = serializers.CharField()
    checked_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)


class MentorListed(serializers.Serializer[Mentor]):
    id = serializers.IntegerField()
    roster_id = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.SerializerMethodField()
    capacity = serializers.IntegerField(help_text="Most children at once, both roles together.")
    district = serializers.CharField(source="district_id")
    gender = serializers.ChoiceField(choices=Gender.choices, allow_blank=True)
    vetted_until = serializers.DateField(allow_null=True)
    active = serializers.BooleanField()
    paused = serializers.BooleanField()
    teaches = TeachingOut(source="teachings", many=True)
    wellbeing_grades = GradeBand(source="wellbeing_bands", many=True)

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Role.choices)))
    def get_roles(self, mentor: Mentor) -> list[str]:
        return [role for role in Role.values if getattr(mentor, f"is_{role}")]


class MentorDetail(MentorListed):
    free_slots = serializers.SerializerMethodField(help_text="weekday * 24 + hour, Monday 00:00 = 0.")
    certificates = CertificateOut(many=True)
    phone = serializers.CharField(source="user.phone", allow_null=True)
    email = serializers.CharField(source="user.email", allow_null=True)
    updated_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_free_slots(self, mentor: Mentor) -> list[int]:
        return [free.slot for free in mentor.free_slots.all()]


class MentorCells(Cells):
    mentor_id = cell()
    name = cell()
    roles = cell()
    teaches = cell()
    wellbeing_grades = cell()
    certificate = cell()
    availability = cell()
    capacity = cell()
    district = cell()
    gender = cell()
    phone = cell()
    email = cell()
    vetted_until = cell()


class PausedIn(serializers.Serializer[Any]):
    paused = serializers.BooleanField()


class MentorFilter(PeopleFilter):
    role = django_filters.ChoiceFilter(choices=Role.choices, method="by_role")
    subject = django_filters.ModelChoiceFilter(
        field_name="teachings__subject", queryset=Subject.objects.all(), distinct=True
    )
    paused = django_filters.BooleanFilter()
    ready = django_filters.BooleanFilter(
        method="by_ready", label="Active, not paused and vetted as of today."
    )
    ordering = Ordering(fields=["roster_id", "name", "capacity", "district", "vetted_until", "updated_at"])

    def by_role(self, rows: QuerySet[Mentor], name: str, value: str) -> QuerySet[Mentor]:
        return rows.filter(**{f"is_{value}": True})

    def by_ready(self, rows: QuerySet[Mentor], name: str, value: bool) -> QuerySet[Mentor]:
        ready = Mentor.objects.publishable(timezone.localdate()).values("pk")
        return rows.filter(pk__in=ready) if value else rows.exclude(pk__in=ready)


@extend_schema(tags=["mentors"])
class MentorsOfRoster(mixins.ListModelMixin, GenericViewSet[Mentor]):
    """Mentors of the roster; a mentor sees only their own row."""

    queryset = Mentor.objects.none()
    serializer_class = MentorListed
    filterset_class = MentorFilter

    def get_queryset(self) -> QuerySet[Mentor]:
        return mentors_for(self.request.user).prefetch_related("teachings", "wellbeing_bands")

    @listed("Mentors whom you may see", MentorListed, refusals=(400, 401))
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One mentor", MentorDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(MentorDetail(access_mentor(request.user, pk)).data)

    @told("Add a mentor by hand", MentorDetail, status=201, takes=MentorCells, refusals=(400, 401, 403, 404))
    def create(self, request: Request) -> Response:
        check_may(request.user, "mentor", "write")
        return Response(self._save(request, None), status=201)

    @told("Edit a mentor by hand", MentorDetail, takes=MentorCells, refusals=(400, 401, 403, 404))
    def partial_update(self, request: Request, pk: int) -> Response:
        access_mentor(request.user, pk, "write")
        return Response(self._save(request, pk))

    def _save(self, request: Request, mentor_id: int | None) -> dict[str, Any]:
        given = MentorCells(data=request.data)
        given.is_valid(raise_exception=True)
        mentor = people.save_mentor(actor=request.user, mentor_id=mentor_id, cells=given.validated_data)
        return MentorDetail(access_mentor(request.user, mentor.pk)).data

    @told("Say whether a mentor takes part", MentorDetail, takes=ActiveIn, refusals=(400, 401, 403, 404))
    @action(detail=True, methods=["put"])
    def active(self, request: Request, pk: int) -> Response:
        access_mentor(request.user, pk, "write")
        given = ActiveIn(data=request.data)
        given.is_valid(raise_exception=True)
        active = given.validated_data["active"]
        people.set_active(actor=request.user, kind="mentor", pk=pk, active=active)
        return Response(MentorDetail(access_mentor(request.user, pk)).data)

    @told("Pause a mentor, or end the pause", MentorDetail, takes=PausedIn, refusals=(400, 401, 403, 404))
    @action(detail=True, methods=["put"])
    def paused(self, request: Request, pk: int) -> Response:
        """No new pairings during a pause. A mentor may pause themselves."""
        access_mentor(request.user, pk, "write_own")
        given = PausedIn(data=request.data)
        given.is_valid(raise_exception=True)
        people.set_paused(actor=request.user, mentor_id=pk, paused=given.validated_data["paused"])
        return Response(MentorDetail(access_mentor(request.user, pk)).data)
