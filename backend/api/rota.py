"""The rota: who is on duty when, and where nobody is."""

from typing import Any

import django_filters
from django.db.models import QuerySet
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
from backend.api.rounds import PersonName
from backend.care import rota
from backend.care.models import Shift


class SpanOut(serializers.Serializer[Any]):
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class ShiftOut(SpanOut):
    id = serializers.IntegerField()
    person = PersonName()
    post = serializers.ChoiceField(choices=Shift.Post.choices)


class ShiftIn(SpanOut):
    person = serializers.IntegerField(
        min_value=1, help_text="A coordinator's account, or a certified wellbeing mentor's; on call a lead's."
    )
    post = serializers.ChoiceField(choices=Shift.Post.choices)


class RotaOut(serializers.Serializer[Any]):
    on_duty = PersonName(
        many=True, help_text="Counsellors whose shift it is, and who meet no child just now."
    )
    lead = PersonName(allow_null=True, help_text="Who is called first among the safeguarding leads.")
    gaps = SpanOut(many=True, help_text="Duty hours of the coming days in which no counsellor is free.")


class ShiftFilter(django_filters.FilterSet):
    person = django_filters.NumberFilter(field_name="person_id")
    post = django_filters.ChoiceFilter(choices=Shift.Post.choices)
    # A filter may not be named by a word of Python.
    vars()["from"] = django_filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="gt")
    to = django_filters.IsoDateTimeFilter(field_name="begins_at", lookup_expr="lt")
    ordering = Ordering(fields=["begins_at", "ends_at"])


@extend_schema(tags=["rota"])
class Shifts(mixins.ListModelMixin, GenericViewSet[Shift]):
    """Shifts of any day; of `from` and `to`, those of which any part lies between."""

    queryset = Shift.objects.none()
    serializer_class = ShiftOut
    filterset_class = ShiftFilter

    def get_queryset(self) -> QuerySet[Shift]:
        check_may(self.request.user, "shift", "list")
        return Shift.objects.select_related("person")

    @listed("Shifts", ShiftOut)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("Put somebody on duty", ShiftOut, status=201, takes=ShiftIn, refusals=(400, 401, 403, 404, 409))
    def create(self, request: Request) -> Response:
        """At most 12 hours, and never over another shift or a meeting of that person."""
        check_may(request.user, "shift", "write")
        given = ShiftIn(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        made = rota.add_shift(actor=request.user, person_id=values.pop("person"), **values)
        return Response(ShiftOut(made).data, status=201)

    @told("Take a shift back", status=204, refusals=(401, 403, 404))
    def destroy(self, request: Request, pk: int) -> Response:
        rota.remove_shift(actor=request.user, shift_id=pk)
        return Response(status=204)


@extend_schema(tags=["rota"])
class RotaNow(APIView):
    """Who would be called now, and when nobody would be there."""

    @told("Who is on duty, and where nobody is", RotaOut, operation_id="rota_read")
    def get(self, request: Request) -> Response:
        check_may(request.user, "shift", "list")
        now = timezone.now()
        gaps = [{"begins_at": since, "ends_at": until} for since, until in rota.gaps_ahead(now)]
        lead = next(iter(rota.leads_in_order(now)), None)
        return Response(RotaOut({"on_duty": rota.on_duty(now), "lead": lead, "gaps": gaps}).data)
