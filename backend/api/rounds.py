"""Rounds: started, watched, stopped, published. What they propose is in backend.api.plans."""

from dataclasses import fields
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.accounts.passwords import check_password_again
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.password_again import PasswordAgainIn
from matching import publishing, rounds, wording
from matching.access import access_round, rounds_for
from matching.core.weights import Weights
from matching.models import Round
from matching.states import State

STATES = [(state.value, state.value) for state in State]
FIGURES = ("complete", "partial", "unmatched", "roles_filled", "fit", "gap", "proved_optimal")


class PersonName(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class RoundListed(serializers.Serializer[Round]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    version = serializers.IntegerField(help_text="Counts edits; name the one you looked at.")
    covers_all = serializers.BooleanField(help_text="False: only chosen children.")
    figures = serializers.SerializerMethodField(help_text="The plan in numbers; empty until solved.")
    created_at = serializers.DateTimeField()
    created_by = PersonName()
    solved_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = PersonName(allow_null=True)

    @extend_schema_field(serializers.DictField())
    def get_figures(self, round_: Round) -> dict[str, Any]:
        return {name: round_.summary[name] for name in FIGURES if name in round_.summary}


class LeftOut(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="child or mentor")
    id = serializers.CharField(help_text="The id in the roster.")
    reason = serializers.CharField()
    words = serializers.SerializerMethodField()

    def get_words(self, row: dict[str, str]) -> str:
        return wording.left_out_in_words(row["reason"])


class RoundDetail(RoundListed):
    weights = serializers.DictField(child=serializers.IntegerField())
    stickiness = serializers.IntegerField()
    gap = serializers.FloatField()
    time_limit = serializers.FloatField(allow_null=True)
    seed = serializers.IntegerField()
    snapshot_sha256 = serializers.CharField(help_text="Of the frozen roster that the round decides on.")
    left_out = LeftOut(many=True)
    summary = serializers.DictField(help_text="All figures and bounds of the plan.")
    progress = serializers.DictField(help_text="How far the solver is, while it works.")
    error = serializers.CharField(help_text="Why the last attempt failed; empty when none did.")


class RoundIn(serializers.Serializer[Any]):
    """Everything may be left out: then the round covers all children, with the usual weights."""

    children = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, allow_null=True, allow_empty=False
    )
    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        help_text=f"Any of {', '.join(field.name for field in fields(Weights))}.",
    )
    stickiness = serializers.IntegerField(min_value=0, max_value=1000, default=0)
    gap = serializers.FloatField(min_value=0, max_value=0.99, default=0.0)
    time_limit = serializers.FloatField(min_value=0.1, max_value=86_400, required=False, allow_null=True)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class PublishIn(PasswordAgainIn):
    version = serializers.IntegerField(min_value=0, help_text="The edit of the plan that you looked at.")


class RoundFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=STATES)
    covers_all = django_filters.BooleanFilter()
    created_from = django_filters.DateFilter(field_name="created_at", lookup_expr="date__gte")
    created_to = django_filters.DateFilter(field_name="created_at", lookup_expr="date__lte")
    ordering = Ordering(fields=["id", "created_at", "solved_at", "published_at"])


@extend_schema(tags=["rounds"])
class Rounds(mixins.ListModelMixin, GenericViewSet[Round]):
    """Rounds of matching, the newest first."""

    queryset = Round.objects.none()
    serializer_class = RoundListed
    filterset_class = RoundFilter

    def get_queryset(self) -> QuerySet[Round]:
        check_may(self.request.user, "round", "list")
        rows = rounds_for(self.request.user).select_related("created_by", "published_by")
        found: QuerySet[Round] = rows.defer("snapshot", "left_out")
        return found

    @listed("Rounds, the newest first", RoundListed)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One round, with its progress", RoundDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(RoundDetail(access_round(request.user, pk)).data)

    @told("Start a round", RoundDetail, status=201, takes=RoundIn, refusals=(400, 401, 403, 404))
    def create(self, request: Request) -> Response:
        check_may(request.user, "round", "write")
        given = RoundIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        round_ = rounds.start_round(actor=request.user, child_ids=values.pop("children", None), **values)
        return Response(RoundDetail(round_).data, status=status.HTTP_201_CREATED)

    @told("Stop the solver; the round is a draft again", RoundDetail, refusals=(401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        return Response(RoundDetail(rounds.cancel_round(actor=request.user, round_id=pk)).data)

    @told("Drop a round that is not published", RoundDetail, refusals=(401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: int) -> Response:
        return Response(RoundDetail(rounds.discard_round(actor=request.user, round_id=pk)).data)

    @told("Publish the plan", RoundDetail, takes=PublishIn, refusals=(400, 401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: int) -> Response:
        """Makes the plan live: all of it, or nothing. Asks for the password again."""
        access_round(request.user, pk, "publish")
        given = PublishIn(data=request.data)
        given.is_valid(raise_exception=True)
        check_password_again(request.user, given.validated_data["password"])
        version = given.validated_data["version"]
        round_ = publishing.publish_round(actor=request.user, round_id=pk, version=version)
        return Response(RoundDetail(round_).data)
