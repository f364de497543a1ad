"""What two who are paired may know of each other."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from matching import cards
from matching.models import Role


class MentorCardOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), help_text="Towards your family's children."
    )
    certificates = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Valid ones, by kind; guardians and staff."
    )
    vetted = serializers.BooleanField(allow_null=True, help_text="As of today; guardians and staff.")


class ChildCardOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    call_name = serializers.CharField()
    grade = serializers.IntegerField()
    subjects = serializers.ListField(child=serializers.CharField(), help_text="Codes, most wanted first.")
    free_slots = serializers.ListField(child=serializers.IntegerField())
    needs = serializers.CharField(allow_null=True, help_text="For the wellbeing mentor and coordinators.")
    quiet = serializers.BooleanField(
        allow_null=True, help_text="Ask the coordinator before you turn to the family; mentors and staff."
    )


@extend_schema(tags=["mentors"])
class MentorCard(APIView):
    """A mentor, as those see them who are paired with them."""

    @told("Who this mentor is to you", MentorCardOut, operation_id="mentors_card")
    def get(self, request: Request, mentor_id: int) -> Response:
        card = cards.mentor_card(actor=request.user, mentor_id=mentor_id, today=timezone.localdate())
        return Response(MentorCardOut(card).data)


@extend_schema(tags=["children"])
class ChildCard(APIView):
    """A child, as its mentors see it."""

    @told("What a mentor knows of this child", ChildCardOut, operation_id="children_card")
    def get(self, request: Request, child_id: int) -> Response:
        card = cards.child_card(actor=request.user, child_id=child_id, now=timezone.now())
        return Response(ChildCardOut(card).data)
