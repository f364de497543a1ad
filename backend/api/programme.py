"""The days of the programme, and those without meetings."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from chat import programme
from chat.models import Holiday, ProgrammeDates

CHANGES = (400, 401, 403, 404)


class ProgrammeOut(serializers.Serializer[Any]):
    first_day = serializers.DateField(allow_null=True, help_text="Null while nobody has set the days.")
    last_day = serializers.DateField(allow_null=True)


class ProgrammeIn(serializers.Serializer[Any]):
    first_day = serializers.DateField()
    last_day = serializers.DateField(allow_null=True, default=None)


class HolidayOut(serializers.Serializer[Holiday]):
    day = serializers.DateField()
    name = serializers.CharField(max_length=40, allow_blank=True, default="")


class HolidayFilter(django_filters.FilterSet):
    # A filter may not be named by a word of Python.
    vars()["from"] = django_filters.DateFilter(field_name="day", lookup_expr="gte")
    to = django_filters.DateFilter(field_name="day", lookup_expr="lte")
    ordering = Ordering(fields=["day"])


@extend_schema(tags=["programme"])
class Programme(APIView):
    """The first and the last day with meetings."""

    @told("The first and the last day", ProgrammeOut, operation_id="programme_read")
    def get(self, request: Request) -> Response:
        check_may(request.user, "programme", "read")
        return Response(ProgrammeOut(ProgrammeDates.objects.first() or ProgrammeDates(first_day=None)).data)

    @told(
        "Set both; planned meetings follow",
        ProgrammeOut,
        takes=ProgrammeIn,
        refusals=CHANGES,
        operation_id="programme_set",
    )
    def put(self, request: Request) -> Response:
        check_may(request.user, "programme", "write")
        given = ProgrammeIn(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(
            ProgrammeOut(programme.set_programme(actor=request.user, **given.validated_data)).data
        )


@extend_schema(tags=["programme"])
class Holidays(mixins.ListModelMixin, GenericViewSet[Holiday]):
    """Days without meetings."""

    queryset = Holiday.objects.none()
    serializer_class = HolidayOut
    filterset_class = HolidayFilter

    def get_queryset(self) -> QuerySet[Holiday]:
        check_may(self.request.user, "programme", "read")
        return Holiday.objects.all()

    @listed("Days without meetings", HolidayOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told(
        "Add a day, or name it anew; its planned meetings go",
        HolidayOut,
        status=201,
        takes=HolidayOut,
        refusals=CHANGES,
    )
    def create(self, request: Request) -> Response:
        """One that people moved to this day stays."""
        check_may(request.user, "programme", "write")
        given = HolidayOut(data=request.data)
        given.is_valid(raise_exception=True)
        holiday = programme.add_holiday(actor=request.user, **given.validated_data)
        return Response(HolidayOut(holiday).data, status=201)

    @told("Take a day back; its meetings are planned again", status=204, refusals=(401, 403, 404))
    def destroy(self, request: Request, pk: date) -> Response:
        programme.remove_holiday(actor=request.user, day=pk)
        return Response(status=204)
