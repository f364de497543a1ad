"""Invitations: a link that lets one person in, once."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.accounts.invitations import WayIn
from backend.accounts.models import Invitation
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.rounds import PersonName
from backend.rosters.ways_in import invite_person

STATES = [(state, state) for state in ("open", "used", "expired")]


class InvitationListed(serializers.Serializer[Invitation]):
    """Used says also that a later invitation took its place."""

    id = serializers.IntegerField()
    user = PersonName()
    kind = serializers.ChoiceField(choices=Invitation.Kind.choices)
    made_by = PersonName(allow_null=True)
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    state = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, invitation: Invitation) -> str:
        if invitation.used_at is not None:
            return "used"
        return "open" if invitation.expires_at > timezone.now() else "expired"


class InvitationIn(serializers.Serializer[Any]):
    user = serializers.IntegerField(
        min_value=1, help_text="The account of a mentor, child, guardian or carer; never a coordinator's."
    )


class InvitationMade(serializers.Serializer[WayIn]):
    """Link and code are shown this once; only their hashes are kept."""

    user = PersonName()
    link = serializers.CharField(help_text="Path and fragment: browsers keep the fragment to themselves.")
    code = serializers.CharField(allow_null=True, help_text="For typing at /join, of families only.")
    expires_at = serializers.DateTimeField()


class InvitationFilter(django_filters.FilterSet):
    user = django_filters.NumberFilter(field_name="user_id")
    state = django_filters.ChoiceFilter(choices=STATES, method="by_state")
    ordering = Ordering(fields=["made_at", "expires_at"])

    def by_state(self, rows: QuerySet[Invitation], name: str, value: str) -> QuerySet[Invitation]:
        if value == "used":
            return rows.filter(used_at__isnull=False)
        late = "gt" if value == "open" else "lte"
        return rows.filter(used_at=None, **{f"expires_at__{late}": timezone.now()})


@extend_schema(tags=["invitations"])
class Invitations(mixins.ListModelMixin, GenericViewSet[Invitation]):
    """Who was invited, the newest first."""

    queryset = Invitation.objects.none()
    serializer_class = InvitationListed
    filterset_class = InvitationFilter

    def get_queryset(self) -> QuerySet[Invitation]:
        check_may(self.request.user, "person", "invite")
        return Invitation.objects.select_related("user", "made_by").order_by("-made_at", "-pk")

    @listed("Invitations, the newest first", InvitationListed)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("Invite a person", InvitationMade, status=201, takes=InvitationIn, refusals=(400, 401, 403, 404))
    def create(self, request: Request) -> Response:
        """Earlier unused links of theirs stop working. A mentor's lasts a day, a family's two weeks."""
        check_may(request.user, "person", "invite")
        given = InvitationIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = InvitationMade(invite_person(actor=request.user, user_id=given.validated_data["user"]))
        response = Response(made.data, status=201)
        response["Cache-Control"] = "no-store"
        return response
