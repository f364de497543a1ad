"""Summaries of mentors: read by those who may, written as new versions."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.api.meetings import ChildName, MentorName
from backend.api.ordering import Ordering
from backend.errors import NotYours
from chat.access import summaries_for
from chat.models import Summary
from chat.protocol import LIMITS
from chat.sessions import access_report, access_session, write_summary
from matching.models import Role

ABOUT = ("session__room__pairing", "elsewhere__room__pairing")


class SummaryOut(serializers.Serializer[Summary]):
    """The newest version; session or elsewhere says what it is about, the other one is null."""

    id = serializers.IntegerField()
    session = serializers.IntegerField(source="session_id", allow_null=True)
    elsewhere = serializers.IntegerField(source="elsewhere_id", allow_null=True)
    child = ChildName(source="pairing.child")
    mentor = MentorName(source="pairing.mentor")
    role = serializers.ChoiceField(choices=Role.choices, source="pairing.role")
    version = serializers.IntegerField()
    body = serializers.CharField()
    mood = serializers.IntegerField(allow_null=True, help_text="1 to 5, of wellbeing ones, if given.")
    written_at = serializers.DateTimeField()


class SummaryIn(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=LIMITS.summary_chars)
    mood = serializers.IntegerField(
        min_value=1, max_value=5, allow_null=True, default=None, help_text="Wellbeing only."
    )


class SummaryFilter(django_filters.FilterSet):
    # A filter may not be named by a word of Python.
    vars()["from"] = django_filters.DateFilter(field_name="written_at", lookup_expr="date__gte")
    to = django_filters.DateFilter(field_name="written_at", lookup_expr="date__lte")
    child = django_filters.NumberFilter(method="by_pairing", label="The child's id.")
    role = django_filters.ChoiceFilter(method="by_pairing", choices=Role.choices)
    ordering = Ordering(fields=["written_at"])

    def by_pairing(self, rows: QuerySet[Summary], name: str, value: Any) -> QuerySet[Summary]:
        return rows.filter(Q(**{f"{ABOUT[0]}__{name}": value}) | Q(**{f"{ABOUT[1]}__{name}": value}))


@extend_schema(tags=["summaries"])
class Summaries(mixins.ListModelMixin, GenericViewSet[Summary]):
    """Summaries that you may read, the newest first."""

    queryset = Summary.objects.none()
    serializer_class = SummaryOut
    filterset_class = SummaryFilter

    def get_queryset(self) -> QuerySet[Summary]:
        people = [f"{about}__{person}" for about in ABOUT for person in ("child", "mentor")]
        return summaries_for(self.request.user, timezone.now()).select_related(*people)

    @listed("Summaries that you may read, the newest first", SummaryOut, refusals=(400, 401))
    def list(self, request: Request) -> Response:
        """Of each the newest version. A wellbeing one reaches the child a day before the guardians."""
        return super().list(request)

    @told("One summary, in its newest version", SummaryOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotYours
        return Response(SummaryOut(found).data)


def write(request: Request, **about: int) -> Response:
    given = SummaryIn(data=request.data)
    given.is_valid(raise_exception=True)
    written = write_summary(actor=request.user, **about, **given.validated_data)
    return Response(SummaryOut(written).data, status=201)


WRITES = {"status": 201, "takes": SummaryIn, "refusals": (400, 401, 403, 404)}


@extend_schema(tags=["summaries"])
class SummaryOfSession(APIView):
    """What was done in a session, by its mentor."""

    @told("Write a summary, or its next version", SummaryOut, operation_id="summaries_of_session", **WRITES)
    def post(self, request: Request, session_id: int) -> Response:
        access_session(request.user, session_id)
        return write(request, session_id=session_id)


@extend_schema(tags=["summaries"])
class SummaryOfReport(APIView):
    """What was done in a meeting elsewhere, by its mentor."""

    @told("Write a summary, or its next version", SummaryOut, operation_id="summaries_of_report", **WRITES)
    def post(self, request: Request, report_id: int) -> Response:
        access_report(request.user, report_id)
        return write(request, report_id=report_id)
