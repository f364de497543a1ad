"""Consent to take part, a child's own stop, and what each guardian may see."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from backend.rosters import consent
from backend.rosters.guardians import open_guardianship, set_guardian_status
from backend.rosters.models import Consent, Guardianship

CHANGES = (401, 403, 404, 409)


class ConsentOut(serializers.Serializer[consent.Standing]):
    given_on = serializers.DateField(allow_null=True, help_text="Null while none stands.")
    source = serializers.ChoiceField(choices=Consent.Source.choices, allow_blank=True)
    by_you = serializers.BooleanField(help_text="You gave it, online.")
    you_withdrew = serializers.BooleanField(help_text="You withdrew yours, and another guardian's goes on.")
    stopped = serializers.BooleanField(help_text="The child ended its taking part itself.")
    may_give = serializers.BooleanField()
    may_withdraw = serializers.BooleanField()
    is_last = serializers.BooleanField(help_text="With yours the child's taking part would end.")


class EndedOut(serializers.Serializer[Any]):
    ended = serializers.BooleanField(help_text="The pairings ended at once. False: a person looks after it.")


class GuardianStatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Guardianship.Status.choices)
    reason = serializers.ChoiceField(choices=Guardianship.Reason.choices)


@extend_schema(tags=["consent"])
class ConsentOfChild(APIView):
    """The consent that a child takes part."""

    @told("Whether it stands, and what you may do", ConsentOut, operation_id="consent_read")
    def get(self, request: Request, child_id: int) -> Response:
        return Response(ConsentOut(consent.consent_of(actor=request.user, child_id=child_id)).data)

    @told("Give it", ConsentOut, refusals=CHANGES, operation_id="consent_give")
    def post(self, request: Request, child_id: int) -> Response:
        """A guardian; from 18 on the person. Whoever withdrew theirs shares again."""
        consent.give_consent(actor=request.user, child_id=child_id)
        return self.get(request, child_id)

    @told("Withdraw it", EndedOut, refusals=CHANGES, operation_id="consent_withdraw")
    def delete(self, request: Request, child_id: int) -> Response:
        """By the only guardian it ends both pairings at once; by one of two the sharing with this one."""
        ended = consent.withdraw_consent(actor=request.user, child_id=child_id)
        return Response(EndedOut({"ended": ended}).data)


@extend_schema(tags=["consent"])
class StopOfChild(APIView):
    """A child no longer wants to take part."""

    @told("Stop, or ask to", EndedOut, refusals=CHANGES, operation_id="consent_stop")
    def post(self, request: Request, child_id: int) -> Response:
        """From 14 on it ends both pairings at once. Before that a grown-up comes and asks."""
        ended = consent.stop_taking_part(actor=request.user, child_id=child_id)
        return Response(EndedOut({"ended": ended}).data)

    @told("Come back", status=204, refusals=CHANGES, operation_id="consent_come_back")
    def delete(self, request: Request, child_id: int) -> Response:
        consent.come_back(actor=request.user, child_id=child_id)
        return Response(status=204)


@extend_schema(tags=["consent"])
class StatusOfGuardian(APIView):
    """What one guardian may see of a child."""

    @told(
        "Everything, the schedule, or nothing",
        status=204,
        takes=GuardianStatusIn,
        refusals=(400, 401, 403, 404),
        operation_id="guardians_status",
    )
    def put(self, request: Request, link_id: int) -> Response:
        """Holds from the guardian's next request on. Nobody is told."""
        open_guardianship(actor=request.user, link_id=link_id, now=timezone.now())
        given = GuardianStatusIn(data=request.data)
        given.is_valid(raise_exception=True)
        set_guardian_status(actor=request.user, link_id=link_id, **given.validated_data)
        return Response(status=204)
