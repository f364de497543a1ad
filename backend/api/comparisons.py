"""What other choices for one child and role would cost the others: asked for, then read."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from backend.api.plans import ChoiceOut
from backend.rosters.access import access_child
from backend.rosters.models import Mentor
from matching.access import access_round
from matching.comparing import choices_with_costs, compare_choices, comparison_of
from matching.core.roster import Role as CoreRole
from matching.models import Comparison, Round
from matching.wording import cost_in_words

STATES = [(state, state) for state in ("not_asked", "waiting", "answered", "failed")]


class CostOut(serializers.Serializer[Any]):
    """By how much the best plan with this place falls short of the best plan; the first level that differs counts."""

    complete = serializers.IntegerField(help_text="Children with both mentors.")
    priority = serializers.IntegerField(help_text="Priority of the children with both mentors.")
    roles = serializers.IntegerField(help_text="Places filled.")
    objective = serializers.IntegerField(help_text="Value, with the points for kept pairs.")
    others_complete = serializers.IntegerField(help_text="Of the other children: so many fewer with both.")
    others_roles = serializers.IntegerField(help_text="Of the other children: so many places fewer.")
    others = serializers.IntegerField(help_text="What the other children lose of the objective.")
    alone = serializers.BooleanField(help_text="The child had both mentors, and would keep only this one.")
    exact = serializers.BooleanField()
    slack = serializers.IntegerField(help_text="Points by which the value may be off when it is not exact.")


class AlternativeOut(ChoiceOut):
    cost = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField(help_text="The cost as sentences.")

    @extend_schema_field(CostOut)
    def get_cost(self, choice: Any) -> Any:
        return CostOut(self.context["costs"][choice.mentor, choice.slot]).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_words(self, choice: Any) -> list[str]:
        return cost_in_words(self.context["costs"][choice.mentor, choice.slot])


class ComparisonOut(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATES)
    version = serializers.IntegerField(help_text="The edit of the plan that it is about.")
    error = serializers.CharField(help_text="Why it could not be worked out; empty when it could.")
    alternatives = AlternativeOut(many=True, help_text="The cheapest first; empty until answered.")


@extend_schema(tags=["rounds"])
class Comparisons(APIView):
    """For each choice everybody else is matched anew: asked for by POST, worked out in seconds, read by GET."""

    @told(
        "What other choices would cost the others",
        ComparisonOut,
        operation_id="rounds_comparison_read",
    )
    def get(self, request: Request, round_id: int, child_id: int, role: CoreRole) -> Response:
        round_ = access_round(request.user, round_id)
        child = access_child(request.user, child_id)
        return Response(_shown(round_, comparison_of(round_, child, role)))

    @told(
        "Ask what other choices would cost the others",
        ComparisonOut,
        status=202,
        refusals=(401, 403, 404, 409),
        operation_id="rounds_comparison_ask",
    )
    def post(self, request: Request, round_id: int, child_id: int, role: CoreRole) -> Response:
        asked = compare_choices(actor=request.user, round_id=round_id, child_id=child_id, role=role)
        return Response(_shown(asked.round, asked), status=status.HTTP_202_ACCEPTED)


def _shown(round_: Round, asked: Comparison | None) -> Any:
    rows = choices_with_costs(asked) if asked else []
    named = Mentor.objects.in_bulk({choice.mentor for choice, _cost in rows}, field_name="roster_id")
    costs = {(choice.mentor, choice.slot): cost for choice, cost in rows}
    shown = {
        "state": asked.state if asked else "not_asked",
        "version": asked.version if asked else round_.version,
        "error": asked.error if asked else "",
        "alternatives": [choice for choice, _cost in rows],
    }
    return ComparisonOut(shown, context={"mentors": named, "costs": costs}).data
