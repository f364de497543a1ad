"""Cases, for safeguarding leads: opened, sealed, released, closed, and the talk that belongs to them."""

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
from backend.api.meetings import ChildName
from backend.api.ordering import Ordering
from backend.api.rounds import PersonName
from backend.care import cases
from backend.care.access import access_case, cases_for
from backend.care.models import Case
from chat.protocol import MAX_S

CHANGES = (401, 403, 404, 409)


class CaseOut(serializers.Serializer[Case]):
    """sealed: the family sees no trace of it. owner: null while nobody looks after it.

    named: the adult whom it names; to them it does not exist.
    """

    id = serializers.IntegerField()
    child = ChildName()
    kind = serializers.ChoiceField(choices=Case.Kind.choices)
    owner = PersonName(allow_null=True)
    named = PersonName(allow_null=True)
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    sealed = serializers.BooleanField(source="is_sealed")
    released_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Case.Outcome.choices, allow_blank=True)


class CaseIn(serializers.Serializer[Any]):
    child = serializers.IntegerField(min_value=1, max_value=MAX_S)
    kind = serializers.ChoiceField(choices=cases.BY_HAND)
    sealed = serializers.BooleanField(default=False, help_text="A case of abuse always is.")
    named = serializers.IntegerField(
        min_value=1,
        max_value=MAX_S,
        allow_null=True,
        default=None,
        help_text="The user whom it names: a mentor, a guardian or the carer of the child.",
    )


class CloseIn(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=Case.Outcome.choices)


class TalkIn(serializers.Serializer[Any]):
    """From number first to last, both included."""

    room = serializers.IntegerField(min_value=1, max_value=MAX_S)
    first = serializers.IntegerField(min_value=1, max_value=MAX_S)
    last = serializers.IntegerField(min_value=1, max_value=MAX_S)


class CaseFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=Case.Kind.choices)
    child = django_filters.NumberFilter(field_name="child_id")
    standing = django_filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull")
    ordering = Ordering(fields=["opened_at", "due_at"])


@extend_schema(tags=["cases"])
class CasesOfLeads(mixins.ListModelMixin, GenericViewSet[Case]):
    """Cases that one works on; none about one's own family, none that names oneself."""

    queryset = Case.objects.none()
    serializer_class = CaseOut
    filterset_class = CaseFilter

    def get_queryset(self) -> QuerySet[Case]:
        check_may(self.request.user, "case", "list")
        return cases_for(self.request.user)

    @listed("Cases, the newest first", CaseOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One case", CaseOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(CaseOut(access_case(request.user, pk)).data)

    @told("Open a case", CaseOut, status=201, takes=CaseIn, refusals=(400, 401, 403, 404))
    def create(self, request: Request) -> Response:
        check_may(request.user, "case", "open")
        given = CaseIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        made = cases.open_case_by_hand(actor=request.user, child_id=values.pop("child"), **values)
        return Response(CaseOut(made).data, status=201)

    @told("Seal it: the family sees no trace of it from now on", CaseOut, refusals=CHANGES)
    @action(detail=True, methods=["post"])
    def seal(self, request: Request, pk: int) -> Response:
        return Response(CaseOut(cases.seal_case(actor=request.user, case_id=pk)).data)

    @told("Release it: what belongs to it shows again", CaseOut, refusals=CHANGES)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: int) -> Response:
        return Response(CaseOut(cases.release_case(actor=request.user, case_id=pk)).data)

    @told("Close it; what is sealed stays sealed", CaseOut, takes=CloseIn, refusals=(400, *CHANGES))
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: int) -> Response:
        access_case(request.user, pk, "close")
        given = CloseIn(data=request.data)
        given.is_valid(raise_exception=True)
        closed = cases.close_case(actor=request.user, case_id=pk, **given.validated_data)
        return Response(CaseOut(closed).data)

    @told("Say which words belong to it", status=204, takes=TalkIn, refusals=(400, 401, 403, 404))
    @action(detail=True, methods=["post"])
    def talk(self, request: Request, pk: int) -> Response:
        access_case(request.user, pk, "attach")
        given = TalkIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        cases.attach_talk(actor=request.user, case_id=pk, room_id=values.pop("room"), **values)
        return Response(status=204)
