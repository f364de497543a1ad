"""A mentor who is ill, and one's own free hours of the week."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from backend.rosters.access import access_mentor
from chat.absence import mentor_is_back, mentor_is_ill
from matching.own_hours import own_hours, set_own_hours

SLOT = {"min_value": 0, "max_value": 167}


class AbsenceIn(serializers.Serializer[Any]):
    until = serializers.DateField(help_text="The last day, at most four weeks ahead.")
    anew = serializers.BooleanField(
        default=False, help_text="Pause the mentor and start a round over exactly their children."
    )


class AbsenceOut(serializers.Serializer[Any]):
    cancelled = serializers.IntegerField(help_text="Meetings that fall away.")
    round = serializers.IntegerField(source="round_id", allow_null=True)


class BackOut(serializers.Serializer[Any]):
    on_again = serializers.IntegerField(help_text="Meetings that take place after all.")


class OwnHoursOut(serializers.Serializer[Any]):
    """Hours of the week, 0 is Monday from midnight to one, 167 the last of Sunday."""

    free = serializers.ListField(child=serializers.IntegerField(**SLOT))
    taken = serializers.ListField(
        child=serializers.IntegerField(**SLOT), help_text="A child has them: they are no free choice."
    )
    opens = serializers.IntegerField(help_text="Of the day: rooms are open from this hour …")
    closes = serializers.IntegerField(help_text="… to this one.")


class OwnHoursIn(serializers.Serializer[Any]):
    free = serializers.ListField(child=serializers.IntegerField(**SLOT), max_length=168)
    seen = serializers.ListField(
        child=serializers.IntegerField(**SLOT), max_length=168, help_text="The free hours as you read them."
    )
    taken = serializers.ListField(
        child=serializers.IntegerField(**SLOT),
        max_length=168,
        default=list,
        help_text="The taken hours as you read them: they stay as they are.",
    )


@extend_schema(tags=["mentors"])
class AbsenceOfMentor(APIView):
    """A mentor is ill, up to a day."""

    @told(
        "Cancel the meetings up to a day",
        AbsenceOut,
        takes=AbsenceIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="mentors_ill",
    )
    def put(self, request: Request, mentor_id: int) -> Response:
        """At once, and the families are told. Nothing is moved there until the mentor is back."""
        access_mentor(request.user, mentor_id, "write")
        given = AbsenceIn(data=request.data)
        given.is_valid(raise_exception=True)
        done = mentor_is_ill(actor=request.user, mentor_id=mentor_id, **given.validated_data)
        return Response(
            AbsenceOut({"cancelled": done.cancelled, "round_id": done.round and done.round.pk}).data
        )

    @told("The mentor is back", BackOut, refusals=(401, 403, 404), operation_id="mentors_back")
    def delete(self, request: Request, mentor_id: int) -> Response:
        """Ends a pause, too. Meetings to come take place after all where both still have the hour."""
        return Response(BackOut({"on_again": mentor_is_back(actor=request.user, mentor_id=mentor_id)}).data)


@extend_schema(tags=["mentors"])
class OwnHours(APIView):
    """A mentor's own free hours of the week."""

    @told("Your free hours", OwnHoursOut, operation_id="own_hours_read")
    def get(self, request: Request) -> Response:
        hours = own_hours(actor=request.user)
        shown = {"free": sorted(hours.free), "taken": sorted(hours.taken)}
        return Response(OwnHoursOut(shown | {"opens": hours.opens, "closes": hours.closes}).data)

    @told(
        "Set them all",
        OwnHoursOut,
        takes=OwnHoursIn,
        refusals=(400, 401, 403, 404, 409),
        operation_id="own_hours_set",
    )
    def put(self, request: Request) -> Response:
        """Rounds that come use them, and meetings can be moved there."""
        own_hours(actor=request.user)
        given = OwnHoursIn(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        set_own_hours(actor=request.user, slots=asked["free"], seen=asked["seen"], no_choice=asked["taken"])
        return self.get(request)
