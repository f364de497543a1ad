"""Rooms: what was said in them, a page at a time. Live it goes over the socket (docs/protocol.md)."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import told
from chat.access import access_room
from chat.models import Room
from chat.pages import page_of
from chat.protocol import LIMITS, MAX_S, EventKind, Side

SIDES = [(side.value, side.value) for side in Side]
EVENTS = [(kind.value, kind.value) for kind in EventKind]


class MessageFrame(serializers.Serializer[Any]):
    """As the socket's `msg`. body is null once the message was redacted or its time to be kept is over."""

    t = serializers.CharField(help_text="msg")
    s = serializers.IntegerField()
    vars()["from"] = serializers.ChoiceField(choices=SIDES)
    cid = serializers.UUIDField()
    body = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    said_at = serializers.DateTimeField(required=False, help_text="When it was said, if it was held first.")


class EventFrame(serializers.Serializer[Any]):
    """As the socket's `event`; further members belong to its kind."""

    t = serializers.CharField(help_text="event")
    s = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EVENTS)
    at = serializers.DateTimeField()


FRAME = PolymorphicProxySerializer(
    component_name="NumberedFrame",
    serializers=[MessageFrame, EventFrame],
    resource_type_field_name=None,
    many=True,
)


class MessagesOut(serializers.Serializer[Any]):
    """One page, oldest first and without gaps."""

    epoch = serializers.CharField(help_text="Of the room; a socket's hello names it.")
    last = serializers.IntegerField(help_text="The room's newest number.")
    results = FRAME
    before = serializers.IntegerField(allow_null=True, help_text="Ask for this next; null at the beginning.")


class MessagesIn(serializers.Serializer[Any]):
    before = serializers.IntegerField(
        min_value=1, max_value=MAX_S, required=False, help_text="Only what has a smaller number."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=LIMITS.page, default=LIMITS.page, help_text="Most rows of the page."
    )


@extend_schema(tags=["rooms"])
class Rooms(GenericViewSet[Room]):
    """Rooms of whoever asks."""

    queryset = Room.objects.none()
    pagination_class = None
    filter_backends = ()

    @told("Messages and events of a room", MessagesOut, refusals=(400, 401, 404), parameters=[MessagesIn])
    @action(detail=True, url_path="messages")
    def messages(self, request: Request, pk: int) -> Response:
        """Without before the newest. Whoever reads and is not one of the two is recorded."""
        access_room(request.user, pk)
        given = MessagesIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        return Response(page_of(actor=request.user, room_id=pk, **given.validated_data))
