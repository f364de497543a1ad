"""Messages that wait for a person, and what that person decides."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.api.meetings import ChildName, MentorName
from backend.api.ordering import Ordering
from chat import holds, rooms
from chat.models import Held
from chat.protocol import Side
from matching.models import Role


class HeldListed(serializers.Serializer[Held]):
    """stopped: nobody can write in its room until all that waits there is decided."""

    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Role.choices, source="room.pairing.role")
    child = ChildName(source="room.pairing.child")
    mentor = MentorName(source="room.pairing.mentor")
    sender = serializers.ChoiceField(choices=[side.value for side in Side])
    reason = serializers.CharField(help_text="What seems to be in it; empty where nobody can say.")
    said_at = serializers.DateTimeField()
    stopped = serializers.SerializerMethodField()

    def get_stopped(self, held: Held) -> bool:
        return held.room.looked_for_at is not None


class HeldOut(HeldListed):
    body = serializers.CharField()


class ReleaseIn(serializers.Serializer[Any]):
    release = serializers.BooleanField(help_text="False: it is never sent, and its sender sees that.")


class HeldFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(field_name="room__pairing__role", choices=Role.choices)
    ordering = Ordering(fields=["said_at"])


@extend_schema(tags=["held"])
class HeldMessages(mixins.ListModelMixin, GenericViewSet[Held]):
    """An adult's messages that seem to lead out of the room. Each look at its words is recorded."""

    queryset = Held.objects.none()
    serializer_class = HeldListed
    filterset_class = HeldFilter

    def get_queryset(self) -> QuerySet[Held]:
        return holds.waiting_holds(self.request.user)

    @listed("Messages that wait, the oldest first, without their words", HeldListed)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One of them, with its words", HeldOut)
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(HeldOut(holds.look_at_hold(actor=request.user, held_id=pk)).data)

    @told("Let it through, or not", status=204, takes=ReleaseIn, refusals=(400, 401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        """When nothing waits in its room any more, a room that was stopped goes on."""
        holds.access_held(request.user, pk)
        given = ReleaseIn(data=request.data)
        given.is_valid(raise_exception=True)
        rooms.decide_held(actor=request.user, held_id=pk, release=given.validated_data["release"])
        return Response(status=204)
