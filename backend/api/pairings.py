"""Published pairings, and the standing pins and forbids."""

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

from backend.accounts.access import check_may
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.plans import ChildBrief, MentorBrief, PlaceOut
from backend.errors import NotYours
from backend.rosters.models import District
from chat.handing_over import MOST, end_with_note
from matching import locks
from matching.access import access_pairing, locks_for, pairings_for
from matching.answers import answer_hours
from matching.models import EndReason, Lock, Pairing, Role


class PairingOut(PlaceOut):
    round = serializers.IntegerField(source="round_id")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(choices=EndReason.choices, allow_blank=True)
    asked_at = serializers.DateTimeField(
        allow_null=True, help_text="When the mentor was asked about the hour."
    )
    answer = serializers.ChoiceField(choices=Pairing.Answer.choices, allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class HourAnswerIn(serializers.Serializer[Any]):
    suits = serializers.BooleanField()
    slot = serializers.IntegerField(
        min_value=0,
        max_value=167,
        help_text="The hour that was shown: an answer about another one is refused.",
    )


class EndIn(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=EndReason.choices, help_text="A mentor has two of them.")
    never_again = serializers.BooleanField(default=False, help_text="A coordinator's: forbid the two.")
    pauses = serializers.BooleanField(
        default=False, help_text="Where the mentor leaves: they are paused, and get no more children."
    )
    note = serializers.CharField(
        allow_blank=True, default="", max_length=MOST, help_text="A mentor's: for the child's next one."
    )


class LockOut(serializers.Serializer[Lock]):
    """A forbid without a role holds for both; only a pin can name an hour."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Lock.Kind.choices)
    child = ChildBrief()
    mentor = MentorBrief()
    role = serializers.ChoiceField(choices=Role.choices, allow_blank=True)
    slot = serializers.IntegerField(allow_null=True)
    made_at = serializers.DateTimeField()


class LockIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Lock.Kind.choices)
    child = serializers.IntegerField(min_value=1)
    mentor = serializers.IntegerField(min_value=1)
    role = serializers.ChoiceField(choices=Role.choices, allow_blank=True, default="")
    slot = serializers.IntegerField(min_value=0, max_value=167, allow_null=True, default=None)


class PlaceFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(choices=Role.choices)
    child = django_filters.NumberFilter(field_name="child_id")
    mentor = django_filters.NumberFilter(field_name="mentor_id")
    search = django_filters.CharFilter(method="by_words", label="Part of a name or roster id.")

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        found = Q()
        for person in ("child", "mentor"):
            found |= Q(**{f"{person}__name__icontains": value})
            found |= Q(**{f"{person}__roster_id__icontains": value})
        return rows.filter(found)


class PairingFilter(PlaceFilter):
    live = django_filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")
    end_reason = django_filters.ChoiceFilter(choices=EndReason.choices)
    subject = django_filters.CharFilter(field_name="subject_id")
    slot = django_filters.NumberFilter()
    round = django_filters.NumberFilter(field_name="round_id")
    grade = django_filters.NumberFilter(field_name="child__grade")
    district = django_filters.ModelChoiceFilter(field_name="child__district", queryset=District.objects.all())
    ordering = Ordering(
        fields={
            "child__roster_id": "child",
            "mentor__roster_id": "mentor",
            "slot": "slot",
            "started_at": "started_at",
            "ended_at": "ended_at",
        }
    )


class LockFilter(PlaceFilter):
    kind = django_filters.ChoiceFilter(choices=Lock.Kind.choices)
    ordering = Ordering(
        fields={"made_at": "made_at", "child__roster_id": "child", "mentor__roster_id": "mentor"}
    )


@extend_schema(tags=["pairings"])
class PairingsOfAll(mixins.ListModelMixin, GenericViewSet[Pairing]):
    """Pairings, live and ended."""

    queryset = Pairing.objects.none()
    serializer_class = PairingOut
    filterset_class = PairingFilter

    def get_queryset(self) -> QuerySet[Pairing]:
        check_may(self.request.user, "pairing", "list")
        return pairings_for(self.request.user)

    @listed("Pairings, live and ended", PairingOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One pairing", PairingOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotYours
        return Response(PairingOut(found).data)


@extend_schema(tags=["pairings"])
class AnswerOfMentor(APIView):
    """Whether the weekly hour suits, said by the mentor."""

    @told(
        "Say whether the weekly hour suits",
        status=204,
        takes=HourAnswerIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="pairings_answer",
    )
    def put(self, request: Request, pairing_id: int) -> Response:
        """An hour that does not suit leaves the mentor's free hours."""
        access_pairing(request.user, pairing_id, "answer")
        given = HourAnswerIn(data=request.data)
        given.is_valid(raise_exception=True)
        which = "suits" if given.validated_data["suits"] else "does_not"
        shown = {pairing_id: given.validated_data["slot"]}
        answer_hours(actor=request.user, **{which: [pairing_id]}, shown=shown)
        return Response(status=204)


@extend_schema(tags=["pairings"])
class EndOfPairing(APIView):
    """A pair ends, by a coordinator or its mentor."""

    @told(
        "End a pair",
        status=204,
        takes=EndIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="pairings_end",
    )
    def post(self, request: Request, pairing_id: int) -> Response:
        """The room can only be read from then on, and both sides are told."""
        access_pairing(request.user, pairing_id, "end")
        given = EndIn(data=request.data)
        given.is_valid(raise_exception=True)
        end_with_note(actor=request.user, pairing_id=pairing_id, now=timezone.now(), **given.validated_data)
        return Response(status=204)


@extend_schema(tags=["locks"])
class Locks(mixins.ListModelMixin, GenericViewSet[Lock]):
    """Standing pins (this mentor) and forbids (never this mentor)."""

    queryset = Lock.objects.none()
    serializer_class = LockOut
    filterset_class = LockFilter

    def get_queryset(self) -> QuerySet[Lock]:
        check_may(self.request.user, "lock", "list")
        standing: QuerySet[Lock] = locks_for(self.request.user)
        return standing

    @listed("Standing pins and forbids", LockOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("Pin or forbid a mentor", LockOut, status=201, takes=LockIn, refusals=(400, 401, 403, 404, 409))
    def create(self, request: Request) -> Response:
        check_may(request.user, "lock", "write")
        given = LockIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        child_id, mentor_id = values.pop("child"), values.pop("mentor")
        lock = locks.add_lock(actor=request.user, child_id=child_id, mentor_id=mentor_id, **values)
        return Response(LockOut(lock).data, status=201)

    @told("Lift a pin or forbid", status=204, refusals=(401, 403, 404))
    def destroy(self, request: Request, pk: int) -> Response:
        locks.lift_lock(actor=request.user, lock_id=pk)
        return Response(status=204)
