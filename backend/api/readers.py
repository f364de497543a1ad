"""Guardians who read along in an academic room, from the child's eighth birthday on."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from chat import readers
from chat.models import Reader

CHANGES = (401, 403, 404, 409)
STANDING = [(state.value, state.label) for state in (Reader.State.ASKED, Reader.State.READING)]


class ReaderOut(serializers.Serializer[Reader]):
    id = serializers.IntegerField()
    room = serializers.IntegerField(source="room_id")
    guardian = serializers.CharField(source="guardian.name")
    state = serializers.ChoiceField(choices=STANDING)
    why = serializers.ChoiceField(choices=Reader.Why.choices)
    from_s = serializers.IntegerField(allow_null=True, help_text="Reads from this number on.")


class AnswerIn(serializers.Serializer[Any]):
    agree = serializers.BooleanField()


@extend_schema(tags=["readers"])
class ReadersOfChild(APIView):
    """Who reads along or asks to: a child sees all, a guardian their own."""

    @told("Who reads along or asks to", ReaderOut(many=True), operation_id="readers_list")
    def get(self, request: Request, child_id: int) -> Response:
        child = readers.access_readers(request.user, child_id, "list")
        return Response(ReaderOut(readers.readers_for(request.user, child), many=True).data)

    @told("Ask the child", ReaderOut, status=201, refusals=CHANGES, operation_id="readers_ask")
    def post(self, request: Request, child_id: int) -> Response:
        """By a guardian, for the room with the present academic mentor."""
        return Response(
            ReaderOut(readers.ask_to_read(actor=request.user, child_id=child_id)).data, status=201
        )


@extend_schema(tags=["readers"])
class OneReader(APIView):
    """One guardian's question, and the child's answer."""

    @told(
        "Yes or no by the child; a no also later",
        status=204,
        takes=AnswerIn,
        refusals=(400, *CHANGES),
        operation_id="readers_answer",
    )
    def put(self, request: Request, reader_id: int) -> Response:
        readers.access_reader(request.user, reader_id, "answer")
        given = AnswerIn(data=request.data)
        given.is_valid(raise_exception=True)
        readers.answer_reader(actor=request.user, reader_id=reader_id, **given.validated_data)
        return Response(status=204)

    @told("The guardian gives it up", status=204, refusals=CHANGES, operation_id="readers_give_up")
    def delete(self, request: Request, reader_id: int) -> Response:
        readers.give_up_reading(actor=request.user, reader_id=reader_id)
        return Response(status=204)
