"""Asking to be rung, and ringing."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.rounds import PersonName
from backend.care import requests
from backend.care.models import CallRequest

CHANGES = (400, 401, 403, 404, 409)


RUNG = [(each.value, each.label) for each in requests.RUNG]


class OwnCall(serializers.Serializer[CallRequest]):
    topic = serializers.ChoiceField(choices=CallRequest.Topic.choices)
    asked_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField(help_text="By then somebody rings.")
    answered_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(choices=CallRequest.Outcome.choices, allow_blank=True)


class CallOut(OwnCall):
    id = serializers.IntegerField()
    asked_by = PersonName()


class CallIn(serializers.Serializer[Any]):
    topic = serializers.ChoiceField(choices=CallRequest.Topic.choices)


class RungIn(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=RUNG)


@extend_schema(tags=["calls"])
class OwnCalls(APIView):
    """One's own wish to be rung: a mentor's, a parent's or a carer's."""

    @told("The last one; empty where there was none", OwnCall(many=True), operation_id="calls_own")
    def get(self, request: Request) -> Response:
        requests.check_may_ask(request.user)
        last = requests.last_call_of(request.user)
        return Response(OwnCall([last] if last else [], many=True).data)

    @told("Ask to be rung", OwnCall, status=201, takes=CallIn, refusals=CHANGES, operation_id="calls_ask")
    def post(self, request: Request) -> Response:
        requests.check_may_ask(request.user)
        given = CallIn(data=request.data)
        given.is_valid(raise_exception=True)
        asked = requests.ask_to_be_rung(actor=request.user, **given.validated_data)
        return Response(OwnCall(asked).data, status=201)

    @told("Take it back", status=204, refusals=(401, 403, 404, 409), operation_id="calls_take_back")
    def delete(self, request: Request) -> Response:
        requests.take_back_call(actor=request.user)
        return Response(status=204)


class CallFilter(django_filters.FilterSet):
    topic = django_filters.ChoiceFilter(choices=CallRequest.Topic.choices)
    ordering = Ordering(fields=["answer_by", "asked_at"])


@extend_schema(tags=["calls"])
class CallsToMake(mixins.ListModelMixin, GenericViewSet[CallRequest]):
    """Whom a coordinator is to ring, the most urgent first."""

    queryset = CallRequest.objects.none()
    serializer_class = CallOut
    filterset_class = CallFilter

    def get_queryset(self) -> QuerySet[CallRequest]:
        return requests.calls_to_make(self.request.user)

    @listed("Calls to make", CallOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("Say how it ended", CallOut, takes=RungIn, refusals=CHANGES)
    def update(self, request: Request, pk: int) -> Response:
        requests.check_may_answer(request.user)
        given = RungIn(data=request.data)
        given.is_valid(raise_exception=True)
        rung = requests.answer_call(actor=request.user, request_id=pk, **given.validated_data)
        return Response(CallOut(rung).data)
