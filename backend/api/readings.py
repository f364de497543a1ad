"""Rooms read in an emergency: asked for by one of the staff, decided by another."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.api.describing import listed, told
from backend.api.meetings import ChildName, MentorName
from backend.api.ordering import Ordering
from backend.api.rounds import PersonName
from backend.care import readings
from backend.care.access import access_reading, readings_for
from backend.care.models import Reading
from chat.protocol import MAX_S
from matching.models import Role

CHANGES = (400, 401, 403, 404, 409)


class ReadingOut(serializers.Serializer[Reading]):
    """alone: a lead went ahead in immediate danger. closes_at: the room is open to the asker until then."""

    id = serializers.IntegerField()
    room = serializers.IntegerField(source="room_id")
    role = serializers.ChoiceField(choices=Role.choices, source="room.pairing.role")
    child = ChildName(source="room.pairing.child")
    mentor = MentorName(source="room.pairing.mentor")
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    code = serializers.ChoiceField(choices=Reading.Code.choices)
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=Reading.State.choices)
    alone = serializers.BooleanField()
    asked_by = PersonName()
    asked_at = serializers.DateTimeField()
    decided_by = PersonName(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    review = serializers.ChoiceField(choices=Reading.Review.choices, allow_blank=True)
    reviewed_by = PersonName(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)


class AskIn(serializers.Serializer[Any]):
    room = serializers.IntegerField(min_value=1, max_value=MAX_S)
    first_day = serializers.DateField()
    last_day = serializers.DateField(help_text="Included; at most 31 days.")
    code = serializers.ChoiceField(choices=Reading.Code.choices)
    reason = serializers.CharField(max_length=2000, help_text="At least 20 characters.")
    alone = serializers.BooleanField(default=False, help_text="Leads only, in immediate danger.")


class DecideIn(serializers.Serializer[Any]):
    approve = serializers.BooleanField()


class ReviewIn(serializers.Serializer[Any]):
    review = serializers.ChoiceField(choices=Reading.Review.choices)


class OfCaseIn(serializers.Serializer[Any]):
    case = serializers.IntegerField(min_value=1, max_value=MAX_S)


class ReadingFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Reading.State.choices)
    alone = django_filters.BooleanFilter()
    room = django_filters.NumberFilter(field_name="room_id")
    ordering = Ordering(fields=["asked_at"])


@extend_schema(tags=["readings"])
class ReadingsOfStaff(mixins.ListModelMixin, GenericViewSet[Reading]):
    """Own askings, and those that one may decide; a lead's are all."""

    queryset = Reading.objects.none()
    serializer_class = ReadingOut
    filterset_class = ReadingFilter

    def get_queryset(self) -> QuerySet[Reading]:
        check_may(self.request.user, "reading", "list")
        return readings_for(self.request.user)

    @listed("Rooms read in an emergency, the newest first", ReadingOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One reading", ReadingOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(ReadingOut(access_reading(request.user, pk)).data)

    @told("Ask to read a room", ReadingOut, status=201, takes=AskIn, refusals=CHANGES)
    def create(self, request: Request) -> Response:
        """A second person decides. Then what was said in those days can be read for 60 minutes."""
        check_may(request.user, "reading", "list")
        given = AskIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        made = readings.ask_in_emergency(actor=request.user, room_id=values.pop("room"), **values)
        return Response(ReadingOut(access_reading(request.user, made.pk)).data, status=201)

    @told("Approve or refuse", ReadingOut, takes=DecideIn, refusals=CHANGES)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """Never one's own."""
        access_reading(request.user, pk, "decide")
        given = DecideIn(data=request.data)
        given.is_valid(raise_exception=True)
        readings.decide_reading(actor=request.user, reading_id=pk, approve=given.validated_data["approve"])
        return self._fresh(request, pk)

    @told("Review what a lead did alone", ReadingOut, takes=ReviewIn, refusals=CHANGES)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: int) -> Response:
        access_reading(request.user, pk, "review")
        given = ReviewIn(data=request.data)
        given.is_valid(raise_exception=True)
        readings.review_reading(actor=request.user, reading_id=pk, review=given.validated_data["review"])
        return self._fresh(request, pk)

    @told("Say to which case it belongs", ReadingOut, takes=OfCaseIn, refusals=(400, 401, 403, 404))
    @action(detail=True, methods=["put"])
    def case(self, request: Request, pk: int) -> Response:
        """While that case is sealed, the family is not told of the reading."""
        access_reading(request.user, pk, "attach")
        given = OfCaseIn(data=request.data)
        given.is_valid(raise_exception=True)
        readings.attach_reading(actor=request.user, reading_id=pk, case_id=given.validated_data["case"])
        return self._fresh(request, pk)

    def _fresh(self, request: Request, pk: int) -> Response:
        """As its decider may still see it: a decided one is its asker's and the leads'."""
        return Response(ReadingOut(Reading.objects.get(pk=pk)).data)
