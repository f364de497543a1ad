"""Cases, for safeguarding leads: opened, sealed, released, closed, and the talk that belongs to them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.api.describing import listed, told
from backend.api.meetings import ChildName
from backend.api.ordering import Ordering
from backend.api.rounds import PersonName
from backend.care import alerts, cases
from backend.care.access import access_case, cases_for, check_may_watch, in_order
from backend.care.models import Alert, Case, Note
from chat.protocol import MAX_S

CHANGES = (401, 403, 404, 409)
ALL_AT_ONCE = {"pagination_class": None, "filterset_class": None}


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


class AlertOut(serializers.Serializer[Alert]):
    """words: of whoever told it; what was said in a room stands only there."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Alert.Kind.choices)
    words = serializers.CharField(allow_blank=True)
    raised_by = PersonName(allow_null=True, help_text="Null where words were recognised.")
    raised_at = serializers.DateTimeField()
    answered_by = PersonName(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    verdict = serializers.ChoiceField(choices=Alert.Verdict.choices, allow_blank=True)


class NoteOut(serializers.Serializer[Note]):
    kind = serializers.ChoiceField(choices=Note.Kind.choices)
    body = serializers.CharField(allow_blank=True)
    by = PersonName(allow_null=True)
    at = serializers.DateTimeField()


WRITTEN = [(each.value, each.label) for each in (Note.Kind.CALL, Note.Kind.NOTE)]


class NoteIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=WRITTEN)
    body = serializers.CharField(min_length=2, max_length=alerts.LONGEST)


class PassOnIn(serializers.Serializer[Any]):
    note = serializers.CharField(min_length=2, max_length=alerts.LONGEST, help_text="For whoever comes next.")


class VerdictIn(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Alert.Verdict.choices)


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

    @told("I look after it: nobody else is called", CaseOut, refusals=CHANGES)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: int) -> Response:
        """409 for the second of two."""
        return Response(CaseOut(alerts.take_case(actor=request.user, case_id=pk)).data)

    @told("The next ones are called", status=204, takes=PassOnIn, refusals=(400, *CHANGES))
    @action(detail=True, methods=["post"], url_path="pass-on", url_name="passon")
    def pass_on(self, request: Request, pk: int) -> Response:
        access_case(request.user, pk, "pass_on")
        given = PassOnIn(data=request.data)
        given.is_valid(raise_exception=True)
        alerts.pass_on(actor=request.user, case_id=pk, **given.validated_data)
        return Response(status=204)

    @told("What was done in it, the oldest first", NoteOut(many=True))
    @action(detail=True, methods=["get"], **ALL_AT_ONCE)
    def notes(self, request: Request, pk: int) -> Response:
        found = access_case(request.user, pk).notes.select_related("by")
        return Response(NoteOut(found, many=True).data)

    @told("Write down what was done", NoteOut, status=201, takes=NoteIn, refusals=(400, *CHANGES))
    @notes.mapping.post
    def add_note(self, request: Request, pk: int) -> Response:
        """The log of a case is only added to."""
        access_case(request.user, pk, "note")
        given = NoteIn(data=request.data)
        given.is_valid(raise_exception=True)
        note = alerts.add_note(actor=request.user, case_id=pk, **given.validated_data)
        return Response(NoteOut(note).data, status=201)

    @told("The alerts that belong to it, the oldest first", AlertOut(many=True))
    @action(detail=True, methods=["get"], **ALL_AT_ONCE)
    def alerts(self, request: Request, pk: int) -> Response:
        found = access_case(request.user, pk).alerts.select_related("raised_by", "answered_by")
        return Response(AlertOut(found, many=True).data)

    @told("Say which words belong to it", status=204, takes=TalkIn, refusals=(400, 401, 403, 404))
    @action(detail=True, methods=["post"])
    def talk(self, request: Request, pk: int) -> Response:
        access_case(request.user, pk, "attach")
        given = TalkIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        cases.attach_talk(actor=request.user, case_id=pk, room_id=values.pop("room"), **values)
        return Response(status=204)


@extend_schema(tags=["cases"])
class CasesOnDuty(APIView):
    """Cases that stand, for whoever may watch the duty screen."""

    @told(
        "What a person on duty finds, the most urgent first", CaseOut(many=True), operation_id="cases_on_duty"
    )
    def get(self, request: Request) -> Response:
        """Those for which you were called, or that you look after; of leads, all. Looking here tells no child that
        somebody sits at the screen."""
        check_may_watch(request.user)
        return Response(CaseOut(in_order(cases_for(request.user)), many=True).data)


@extend_schema(tags=["cases"])
class VerdictOfLead(APIView):
    """Whether an alert was right."""

    @told(
        "Judge an alert",
        status=204,
        takes=VerdictIn,
        refusals=(400, 401, 403, 404),
        operation_id="cases_judge",
    )
    def put(self, request: Request, case_id: int, alert_id: int) -> Response:
        """It counts for how well words are recognised, and for nothing else."""
        alerts.access_alert_to_judge(request.user, case_id, alert_id)
        given = VerdictIn(data=request.data)
        given.is_valid(raise_exception=True)
        alerts.judge_alert(actor=request.user, case_id=case_id, alert_id=alert_id, **given.validated_data)
        return Response(status=204)
