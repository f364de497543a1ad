"""Dated meetings: seen, moved, cancelled, and reported when they were held elsewhere."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.errors import NotYours
from chat import meetings
from chat.access import access_meeting, access_pairing, meetings_for
from chat.models import Elsewhere, Meeting
from chat.protocol import LIMITS
from chat.rules.meetings import MeetingState, length_for
from matching.models import Role

STATES = [(state.value, state.value) for state in MeetingState]


class ChildName(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    call_name = serializers.CharField()


class MentorName(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class MeetingOut(serializers.Serializer[Meeting]):
    """The hour from start is reserved; the meeting lasts about minutes. Who missed one is not told here."""

    id = serializers.IntegerField()
    pairing = serializers.IntegerField(source="pairing_id")
    room = serializers.IntegerField(source="pairing.room.pk")
    child = ChildName(source="pairing.child")
    mentor = MentorName(source="pairing.mentor")
    role = serializers.ChoiceField(choices=Role.choices, source="pairing.role")
    subject = serializers.CharField(source="pairing.subject_id", allow_null=True)
    planned_start = serializers.DateTimeField(help_text="By the weekly hour.")
    start = serializers.DateTimeField(help_text="Where it is now.")
    minutes = serializers.SerializerMethodField(help_text="About how long it lasts.")
    state = serializers.ChoiceField(choices=STATES)
    can_change = serializers.SerializerMethodField(help_text="It can still be moved or cancelled.")

    def get_minutes(self, meeting: Meeting) -> int:
        return int(length_for(meeting.pairing.child.grade).total_seconds()) // 60

    def get_can_change(self, meeting: Meeting) -> bool:
        return meetings.may_change(meeting, timezone.now())


class HourOut(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class HoursOut(serializers.Serializer[Any]):
    hours = HourOut(many=True, help_text="Of the next two weeks, earliest first.")


class MoveIn(serializers.Serializer[Any]):
    start = serializers.DateTimeField(help_text="One of the hours on offer, with its zone.")


class ReportIn(serializers.Serializer[Any]):
    began_at = serializers.DateTimeField()
    minutes = serializers.IntegerField(min_value=1, max_value=180)
    medium = serializers.ChoiceField(choices=Elsewhere.Medium.choices)
    summary = serializers.CharField(max_length=LIMITS.summary_chars, allow_blank=True, default="")
    mood = serializers.IntegerField(
        min_value=1, max_value=5, allow_null=True, default=None, help_text="Wellbeing only."
    )


class ReportOut(serializers.Serializer[Elsewhere]):
    """As the mentor reports it, never mixed with measured minutes."""

    id = serializers.IntegerField()
    meeting = serializers.IntegerField(source="meeting_id", allow_null=True)
    medium = serializers.ChoiceField(choices=Elsewhere.Medium.choices)
    began_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    disputed_at = serializers.DateTimeField(allow_null=True)


class MeetingFilter(django_filters.FilterSet):
    # A filter may not be named by a word of Python.
    vars()["from"] = django_filters.DateFilter(field_name="start", lookup_expr="date__gte")
    to = django_filters.DateFilter(field_name="start", lookup_expr="date__lte")
    child = django_filters.NumberFilter(field_name="child_id")
    mentor = django_filters.NumberFilter(field_name="mentor_id")
    role = django_filters.ChoiceFilter(field_name="pairing__role", choices=Role.choices)
    state = django_filters.MultipleChoiceFilter(choices=STATES)
    ordering = Ordering(fields=["start", "planned_start"])


@extend_schema(tags=["meetings"])
class Meetings(mixins.ListModelMixin, GenericViewSet[Meeting]):
    """Meetings of live pairings that you may see; for coordinators all. The earliest first."""

    queryset = Meeting.objects.none()
    serializer_class = MeetingOut
    filterset_class = MeetingFilter

    def get_queryset(self) -> QuerySet[Meeting]:
        return meetings_for(self.request.user)

    def _answer(self, pk: int) -> Response:
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotYours
        return Response(MeetingOut(found).data)

    @listed("Meetings that you may see, the earliest first", MeetingOut, refusals=(400, 401))
    def list(self, request: Request) -> Response:
        """A carer, and a guardian who sees the schedule only, get those to come and the cancelled ones."""
        return super().list(request)

    @told("One meeting", MeetingOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        return self._answer(pk)

    @told("Hours to which a meeting can be moved", HoursOut)
    @action(detail=True)
    def hours(self, request: Request, pk: int) -> Response:
        """Free for both in the next two weeks."""
        offered = meetings.hours_to_offer(actor=request.user, meeting_id=pk)
        return Response(HoursOut({"hours": offered}).data)

    @told("Move a meeting", MeetingOut, takes=MoveIn, refusals=(400, 401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: int) -> Response:
        """This one only; the weekly hour stays."""
        access_meeting(request.user, pk, "move")
        given = MoveIn(data=request.data)
        given.is_valid(raise_exception=True)
        meetings.move_meeting(actor=request.user, meeting_id=pk, start=given.validated_data["start"])
        return self._answer(pk)

    @told("Cancel a meeting", MeetingOut, refusals=(401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """This one only; the weekly hour stays."""
        meetings.cancel_meeting(actor=request.user, meeting_id=pk)
        return self._answer(pk)

    @told("Take back that a meeting was cancelled", MeetingOut, refusals=(401, 403, 404, 409))
    @action(detail=True, methods=["post"], url_path="take-back", url_name="takeback")
    def take_back(self, request: Request, pk: int) -> Response:
        """By who cancelled it, for a day and while the hour is still free for both."""
        meetings.take_back_cancelling(actor=request.user, meeting_id=pk)
        return self._answer(pk)


@extend_schema(tags=["meetings"])
class Reports(APIView):
    """Meetings by telephone or video, as the mentor reports them. They are read in the child's history."""

    @told(
        "Report a meeting that was held elsewhere",
        ReportOut,
        status=201,
        takes=ReportIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="meetings_report",
    )
    def post(self, request: Request, pairing_id: int) -> Response:
        access_pairing(request.user, pairing_id, "meeting", "record")
        given = ReportIn(data=request.data)
        given.is_valid(raise_exception=True)
        report = meetings.record_meeting_elsewhere(
            actor=request.user, pairing_id=pairing_id, **given.validated_data
        )
        return Response(ReportOut(report).data, status=201)


@extend_schema(tags=["meetings"])
class Disputes(APIView):
    """The family's word against a report."""

    @told(
        "Say that a reported meeting did not take place",
        ReportOut,
        refusals=(401, 403, 404),
        operation_id="meetings_dispute",
    )
    def post(self, request: Request, report_id: int) -> Response:
        """Saying it twice is saying it once."""
        report = meetings.dispute_meeting_elsewhere(actor=request.user, report_id=report_id)
        return Response(ReportOut(report).data)
