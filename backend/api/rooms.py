"""Rooms: what was said in them, a page at a time. Live it goes over the socket (docs/protocol.md)."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.api.describing import listed, told
from backend.api.meetings import ChildName, MentorName
from backend.api.ordering import Ordering
from chat.access import access_room, readers_of, rooms_for
from chat.models import Room
from chat.pages import page_of, part_for
from chat.protocol import LIMITS, MAX_S, EventKind, Side
from chat.redaction import Reason, redact_message
from chat.rooms import freeze_room
from matching.models import Role

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


class RedactIn(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=Reason.choices)


class RoomListed(serializers.Serializer[Room]):
    id = serializers.IntegerField()
    pairing = serializers.IntegerField(source="pairing_id")
    role = serializers.ChoiceField(choices=Role.choices, source="pairing.role")
    child = ChildName(source="pairing.child")
    mentor = MentorName(source="pairing.mentor")
    slot = serializers.IntegerField(source="pairing.slot", help_text="weekday * 24 + hour, Monday 00:00 = 0.")
    you = serializers.SerializerMethodField(help_text="Your side; null for who only reads along.")
    epoch = serializers.CharField()
    last = serializers.SerializerMethodField(help_text="The newest number; 0 if nothing happened.")
    frozen = serializers.SerializerMethodField(help_text="Nobody may write in it now.")
    ended = serializers.BooleanField()

    @extend_schema_field(serializers.ChoiceField(choices=SIDES, allow_null=True))
    def get_you(self, room: Room) -> str | None:
        return room.side_of(self.context["request"].user)

    def get_last(self, room: Room) -> int:
        return part_for(self.context["request"].user, room).last(room)

    def get_frozen(self, room: Room) -> bool:
        return room.seems_frozen_to(self.context["request"].user)


class RoomDetail(RoomListed):
    readers = serializers.SerializerMethodField(help_text="Who can read it: a page must show this.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_readers(self, room: Room) -> list[str]:
        return list(readers_of(room))


class RoomFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(field_name="pairing__role", choices=Role.choices)
    child = django_filters.NumberFilter(field_name="pairing__child_id")
    ordering = Ordering(fields={"pairing__child__call_name": "child", "pairing__slot": "slot"})


@extend_schema(tags=["rooms"])
class Rooms(mixins.ListModelMixin, GenericViewSet[Room]):
    """Rooms in which you are one of the two."""

    queryset = Room.objects.none()
    serializer_class = RoomListed
    filterset_class = RoomFilter

    def get_queryset(self) -> QuerySet[Room]:
        return rooms_for(self.request.user)

    @listed("Your live rooms", RoomListed, refusals=(400, 401))
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One room that you may read, ended ones too", RoomDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        room = access_room(request.user, pk)
        return Response(RoomDetail(room, context=self.get_serializer_context()).data)

    @told("Messages and events of a room", MessagesOut, refusals=(400, 401, 404), parameters=[MessagesIn])
    @action(detail=True, url_path="messages", pagination_class=None, filter_backends=())
    def messages(self, request: Request, pk: int) -> Response:
        """Without before the newest. Whoever reads and is not one of the two is recorded."""
        access_room(request.user, pk)
        given = MessagesIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        return Response(page_of(actor=request.user, room_id=pk, **given.validated_data))


class FrozenIn(serializers.Serializer[Any]):
    frozen = serializers.BooleanField()


@extend_schema(tags=["rooms"])
class Freezing(APIView):
    """A room in which nobody may write for a while, by a safeguarding lead."""

    @told(
        "Freeze a room, or open it again",
        status=204,
        takes=FrozenIn,
        refusals=(400, 401, 403, 404),
        operation_id="rooms_freeze",
    )
    def put(self, request: Request, room_id: int) -> Response:
        """Its sockets are closed at once."""
        check_may(request.user, "room", "freeze")
        given = FrozenIn(data=request.data)
        given.is_valid(raise_exception=True)
        freeze_room(actor=request.user, room_id=room_id, frozen=given.validated_data["frozen"])
        return Response(status=204)


@extend_schema(tags=["rooms"])
class Redactions(APIView):
    """Words taken out of a room, by a safeguarding lead."""

    @told(
        "Take away the words of a message",
        status=204,
        takes=RedactIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="rooms_redact",
    )
    def post(self, request: Request, room_id: int, s: int) -> Response:
        """Its number stays, and every copy is told by an event."""
        check_may(request.user, "message", "redact")
        given = RedactIn(data=request.data)
        given.is_valid(raise_exception=True)
        redact_message(actor=request.user, room_id=room_id, s=s, reason=given.validated_data["reason"])
        return Response(status=204)
