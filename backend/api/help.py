"""Help: a child asks for a person; a worry or a report goes to those on duty."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from backend.care import alerts
from backend.care.helping import Card, State, card_for
from chat.protocol import MAX_S

STATES = [(each.value, each.value) for each in State]
KINDS = [("concern", "concern"), ("report", "report")]


class HelpOut(serializers.Serializer[Card]):
    state = serializers.ChoiceField(
        choices=STATES,
        help_text=(
            "nothing: not asked; coming: somebody has said that they look after it; called: somebody was "
            "called; late: called some minutes ago, and nobody has taken it; nobody: nobody can be reached now; "
            "settled: looked after, and closed within the last hours."
        ),
    )


class WorryIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KINDS)
    words = serializers.CharField(
        allow_blank=True,
        default="",
        max_length=alerts.LONGEST,
        help_text="Only the child may leave it empty.",
    )
    named = serializers.IntegerField(
        min_value=1,
        max_value=MAX_S,
        allow_null=True,
        default=None,
        help_text="Of a report, the user whom it names: a mentor, a guardian or the carer of the child.",
    )


@extend_schema(tags=["help"])
class HelpOfChild(APIView):
    """A person, now. Telephone numbers stand on `/help/`, which answers without a sign-in."""

    @told("Who comes", HelpOut, operation_id="help_read")
    def get(self, request: Request) -> Response:
        child = alerts.child_who_asks(request.user)
        return Response(HelpOut(card_for(child, timezone.now())).data)

    @told("Ask for a person", HelpOut, refusals=(401, 403, 404), operation_id="help_ask")
    def post(self, request: Request) -> Response:
        """Somebody on duty is called. Asked again while nobody has answered it stays one call."""
        alerts.ask_for_help(actor=request.user)
        return self.get(request)


@extend_schema(tags=["help"])
class WorriesOfChild(APIView):
    """What somebody close to a child tells those on duty."""

    @told(
        "Tell of a worry, or report somebody",
        status=204,
        takes=WorryIn,
        refusals=(400, 401, 403, 404),
        operation_id="help_tell",
    )
    def post(self, request: Request, child_id: int) -> Response:
        """Of a report neither the parents nor whom it names learn anything."""
        alerts.access_child_to_tell(request.user, child_id)
        given = WorryIn(data=request.data)
        given.is_valid(raise_exception=True)
        alerts.tell_those_on_duty(actor=request.user, child_id=child_id, **given.validated_data)
        return Response(status=204)
