"""What took place with a child, month by month, for those who may read it."""

import re
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from backend.api.meetings import STATES
from chat.history import Month, check_may_read, history_for
from chat.models import Elsewhere
from chat.rules.meetings import MissedBy
from chat.rules.sessions import EndWhy
from matching.models import Role

KINDS = [(kind, kind) for kind in ("meeting", "session", "elsewhere")]
ENDS = [(why.value, why.value) for why in EndWhy]
MISSED_BY = [(who.value, who.value) for who in MissedBy]


class SaidOut(serializers.Serializer[Any]):
    mentor = serializers.IntegerField()
    child = serializers.IntegerField()


class LineOut(serializers.Serializer[Any]):
    """One line. A family is not told who was late: the three fields for staff are then empty or null."""

    kind = serializers.ChoiceField(choices=KINDS, help_text="elsewhere: as the mentor reported it.")
    role = serializers.ChoiceField(choices=Role.choices)
    mentor_name = serializers.CharField()
    at = serializers.DateTimeField(help_text="When it began, else when it was to be.")
    planned_start = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    minutes = serializers.IntegerField(allow_null=True, help_text="Both together; reported ones elsewhere.")
    mentor_minutes = serializers.IntegerField(allow_null=True, help_text="For staff.")
    child_minutes = serializers.IntegerField(allow_null=True, help_text="For staff.")
    missed_by = serializers.ChoiceField(choices=MISSED_BY, allow_blank=True, help_text="For staff.")
    said = SaidOut(help_text="Messages by side.")
    how = serializers.ChoiceField(choices=ENDS, allow_blank=True, help_text="How the last session ended.")
    medium = serializers.ChoiceField(choices=Elsewhere.Medium.choices, allow_blank=True)
    disputed = serializers.BooleanField(help_text="The family says that it did not take place.")
    summary = serializers.CharField(allow_null=True)
    mood = serializers.IntegerField(allow_null=True)
    summary_due = serializers.BooleanField()
    meeting = serializers.IntegerField(allow_null=True)
    session = serializers.IntegerField(allow_null=True)
    report = serializers.IntegerField(allow_null=True)


class MonthOut(serializers.Serializer[Any]):
    month = serializers.SerializerMethodField(help_text="YYYY-MM.")
    lines = LineOut(many=True, help_text="The newest first.")
    between = serializers.IntegerField(help_text="Messages said outside any session.")

    def get_month(self, found: Month) -> str:
        return f"{found.first_day:%Y-%m}"


class MonthIn(serializers.Serializer[Any]):
    month = serializers.CharField(required=False, help_text="YYYY-MM in Shanghai; this month if left out.")

    def validate_month(self, text: str) -> date:
        if not re.fullmatch(r"[1-9]\d{3}-(0[1-9]|1[0-2])", text):
            raise serializers.ValidationError(_("A month is written like 2020-02."))
        return date.fromisoformat(f"{text}-01")


@extend_schema(tags=["children"])
class ChildHistory(APIView):
    """Meetings and sessions of a child with both mentors."""

    @told(
        "What took place in a month",
        MonthOut,
        refusals=(400, 401, 404),
        parameters=[MonthIn],
        operation_id="children_history",
    )
    def get(self, request: Request, child_id: int) -> Response:
        """A mentor sees their own, the wellbeing mentor the academic ones too."""
        today = timezone.localdate()
        given = MonthIn(data=request.query_params)
        if not given.is_valid():
            check_may_read(request.user, child_id)
            raise serializers.ValidationError(given.errors)
        month = given.validated_data.get("month", today)
        found = history_for(actor=request.user, child_id=child_id, month=month)
        return Response(MonthOut(found).data)
