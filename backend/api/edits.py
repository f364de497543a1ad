"""Changes of a solved plan by hand as numbered steps: listed, swapped, undone, done again, solved again around."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.api.rounds import RoundListed
from matching import again, edits, steps
from matching.access import access_round
from matching.core.roster import Role as CoreRole
from matching.models import Edit, Role

WRITES = (400, 401, 403, 404, 409)


class SeatOut(serializers.Serializer[Any]):
    """mentor and slot are null where the child has nobody in the role."""

    child = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Role.choices)
    mentor = serializers.IntegerField(allow_null=True)
    slot = serializers.IntegerField(allow_null=True)


class EditOut(serializers.Serializer[Edit]):
    number = serializers.IntegerField(help_text="The version of the plan that it made.")
    kind = serializers.ChoiceField(choices=Edit.Kind.choices)
    of = serializers.SerializerMethodField(help_text="Which edit was undone or done again.")
    before = SeatOut(many=True)
    after = SeatOut(many=True)
    made_by = serializers.CharField(source="made_by.name")
    made_at = serializers.DateTimeField()

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_of(self, edit: Edit) -> int | None:
        return edit.of and edit.of.number


class VersionIn(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, help_text="The edit of the plan that you looked at.")


class SwapIn(VersionIn):
    other = serializers.IntegerField(min_value=1, help_text="The other child.")


def _given(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class EditFilter(django_filters.FilterSet):
    since = django_filters.NumberFilter(
        field_name="number", lookup_expr="gt", label="Only what was done after this version of the plan."
    )
    kind = django_filters.ChoiceFilter(choices=Edit.Kind.choices)


@extend_schema(tags=["rounds"])
class Edits(mixins.ListModelMixin, GenericViewSet[Edit]):
    """What was changed by hand, in order."""

    queryset = Edit.objects.none()
    serializer_class = EditOut
    filterset_class = EditFilter

    def get_queryset(self) -> Any:
        round_ = access_round(self.request.user, self.kwargs["round_id"])
        return round_.edits.select_related("made_by", "of")

    @listed("What was changed by hand in a round's plan", EditOut)
    def list(self, request: Request, round_id: int) -> Response:
        return super().list(request)


@extend_schema(tags=["rounds"])
class Swaps(APIView):
    """Two children change places."""

    @told("Swap two children", RoundListed, takes=SwapIn, refusals=WRITES, operation_id="rounds_swap")
    def post(self, request: Request, round_id: int, child_id: int, role: CoreRole) -> Response:
        access_round(request.user, round_id, "write")
        given = _given(SwapIn, request)
        changed = edits.swap_children(
            actor=request.user,
            round_id=round_id,
            version=given["version"],
            role=role,
            child_id=child_id,
            other_id=given["other"],
        )
        return Response(RoundListed(changed).data)


@extend_schema(tags=["rounds"])
class Undo(APIView):
    """The last step that holds is taken back."""

    step = staticmethod(steps.undo)

    @told(
        "Take back the last change", RoundListed, takes=VersionIn, refusals=WRITES, operation_id="rounds_undo"
    )
    def post(self, request: Request, round_id: int) -> Response:
        access_round(request.user, round_id, "write")
        given = _given(VersionIn, request)
        return Response(RoundListed(self.step(actor=request.user, round_id=round_id, **given)).data)


@extend_schema(tags=["rounds"])
class Redo(Undo):
    """What was taken back last is made again."""

    step = staticmethod(steps.redo)

    @told("Do the change again", RoundListed, takes=VersionIn, refusals=WRITES, operation_id="rounds_redo")
    def post(self, request: Request, round_id: int) -> Response:
        return super().post(request, round_id)


@extend_schema(tags=["rounds"])
class SolveAgain(APIView):
    """A new round like this one, around what was chosen by hand."""

    @told(
        "Solve again around what was chosen by hand",
        RoundListed,
        status=201,
        takes=VersionIn,
        refusals=WRITES,
        operation_id="rounds_again",
    )
    def post(self, request: Request, round_id: int) -> Response:
        access_round(request.user, round_id, "write")
        given = _given(VersionIn, request)
        new = again.solve_again(actor=request.user, round_id=round_id, **given)
        return Response(RoundListed(new).data, status=status.HTTP_201_CREATED)
