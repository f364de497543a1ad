"""Children: for coordinators the roster, for a child and its guardians their own row."""

from typing import Any

import django_filters
from django.db.models import BooleanField, Exists, OuterRef, QuerySet, Value
from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may, may
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.people import ActiveIn, Cells, PeopleFilter, cell
from backend.rosters import people, quiet
from backend.rosters.access import access_child, children_for
from backend.rosters.looking import open_child
from backend.rosters.models import Child, Consent, District, Gender, Guardianship, SchoolSystem, Subject


class OwnChild(serializers.Serializer[Child]):
    """What a child and its guardians see of the row."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    call_name = serializers.CharField()
    grade = serializers.IntegerField(min_value=1, max_value=12)
    school_system = serializers.ChoiceField(choices=SchoolSystem.choices)
    district = serializers.CharField(source="district_id")
    subjects = serializers.SerializerMethodField(help_text="Codes, the most wanted first.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_subjects(self, child: Child) -> list[str]:
        return [wanted.subject_id for wanted in child.wanted.all()]


class ChildListed(OwnChild):
    roster_id = serializers.CharField()
    gender = serializers.ChoiceField(choices=Gender.choices, allow_blank=True)
    priority = serializers.IntegerField(min_value=0, max_value=3)
    active = serializers.BooleanField()
    consent = serializers.SerializerMethodField(help_text="Whether a guardian's consent stands.")

    def get_consent(self, child: Child) -> bool:
        known = getattr(child, "consent_stands", None)
        return child.consents.filter(withdrawn_on=None).exists() if known is None else known


class OwnChildDetail(OwnChild):
    free_slots = serializers.SerializerMethodField(help_text="weekday * 24 + hour, Monday 00:00 = 0.")

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_free_slots(self, child: Child) -> list[int]:
        return [free.slot for free in child.free_slots.all()]


class GuardianOut(serializers.Serializer[Guardianship]):
    id = serializers.IntegerField(source="guardian_id")
    link = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="guardian.name")
    phone = serializers.CharField(source="guardian.phone", allow_null=True)
    email = serializers.CharField(source="guardian.email", allow_null=True)
    status = serializers.ChoiceField(choices=Guardianship.Status.choices)


class CarerOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="user_id")
    name = serializers.CharField(source="user.name")
    phone = serializers.CharField(source="user.phone", allow_null=True)
    relation = serializers.CharField()


class ChildDetail(ChildListed, OwnChildDetail):
    address = serializers.CharField()
    preferred_mentor_gender = serializers.ChoiceField(choices=Gender.choices, allow_blank=True)
    previous_academic = serializers.IntegerField(source="previous_academic_id", allow_null=True)
    previous_wellbeing = serializers.IntegerField(source="previous_wellbeing_id", allow_null=True)
    birth_date = serializers.DateField()
    needs = serializers.CharField()
    updated_at = serializers.DateTimeField()
    guardians = GuardianOut(source="guardianships", many=True)
    carer = serializers.SerializerMethodField()

    @extend_schema_field(CarerOut(allow_null=True))
    def get_carer(self, child: Child) -> Any:
        carer = getattr(child, "carer", None)
        return CarerOut(carer).data if carer else None


class ChildCells(Cells):
    child_id = cell()
    name = cell()
    school_system = cell()
    grade = cell()
    subjects = cell()
    availability = cell()
    district = cell()
    gender = cell()
    preferred_mentor_gender = cell()
    priority = cell()
    previous_academic = cell()
    previous_wellbeing = cell()
    call_name = cell()
    needs = cell()
    birth_date = cell()
    parent_name = cell()
    parent_phone = cell()
    parent_email = cell()
    parent2_name = cell()
    parent2_phone = cell()
    parent2_email = cell()
    carer_name = cell()
    carer_relation = cell()
    carer_phone = cell()
    address = cell()
    consent_date = cell()


class ChildFilter(PeopleFilter):
    grade = django_filters.NumberFilter()
    subject = django_filters.ModelChoiceFilter(
        field_name="wanted__subject", queryset=Subject.objects.all(), distinct=True
    )
    consent = django_filters.BooleanFilter(field_name="consent_stands")
    ordering = Ordering(fields=["roster_id", "name", "grade", "district", "priority", "updated_at"])


class OwnChildFilter(django_filters.FilterSet):
    """For families: only by what their rows show, so that asking tells nothing more."""

    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")
    district = django_filters.ModelChoiceFilter(queryset=District.objects.all())
    grade = django_filters.NumberFilter()
    subject = django_filters.ModelChoiceFilter(
        field_name="wanted__subject", queryset=Subject.objects.all(), distinct=True
    )
    ordering = Ordering(fields=["name", "grade", "district"])


class QuietIn(serializers.Serializer[Any]):
    quiet = serializers.BooleanField()
    reason = serializers.ChoiceField(
        choices=Child.QuietReason.choices, required=False, help_text="Needed to leave a family in peace."
    )


class QuietOut(serializers.Serializer[Child]):
    """quiet_since: None when the family is told of everything."""

    quiet_since = serializers.DateTimeField(allow_null=True)
    quiet_reason = serializers.ChoiceField(choices=Child.QuietReason.choices, allow_blank=True)


ROW = PolymorphicProxySerializer(
    component_name="ChildSeen",
    serializers=[ChildListed, OwnChild],
    resource_type_field_name=None,
    many=True,
)
DETAIL = PolymorphicProxySerializer(
    component_name="ChildRead",
    serializers=[ChildDetail, OwnChildDetail],
    resource_type_field_name=None,
)


def shown(actor: Any, child: Child) -> dict[str, Any]:
    """The child with the fields that this person may see."""
    # What somebody is to the one child adds nothing to these three.
    if all(may(actor, "child", what) for what in ("list", "read_needs", "read_contacts")):
        return ChildDetail(child).data
    return OwnChildDetail(child).data


@extend_schema(tags=["children"])
class ChildrenOfRoster(mixins.ListModelMixin, GenericViewSet[Child]):
    """Children of the roster; a child and its guardians see only their own."""

    queryset = Child.objects.none()
    serializer_class = ChildListed

    @property
    def filterset_class(self) -> type[django_filters.FilterSet]:
        fake = getattr(self, "swagger_fake_view", False)  # the description names all
        return ChildFilter if fake or may(self.request.user, "child", "list") else OwnChildFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Child]]:
        return ChildListed if may(self.request.user, "child", "list") else OwnChild

    def get_queryset(self) -> QuerySet[Child]:
        standing = Consent.objects.filter(child=OuterRef("pk"), withdrawn_on=None)
        rows = children_for(self.request.user).prefetch_related("wanted")
        if may(self.request.user, "child", "list"):
            return rows.annotate(consent_stands=Exists(standing))
        return rows.annotate(consent_stands=Value(None, output_field=BooleanField()))

    @listed("Children whom you may see", ROW, refusals=(400, 401))
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One child, with the fields that you may see", DETAIL)
    def retrieve(self, request: Request, pk: int) -> Response:
        child = open_child(actor=request.user, child_id=pk, now=timezone.now())
        return Response(shown(request.user, child))

    @told("Add a child by hand", DETAIL, status=201, takes=ChildCells, refusals=(400, 401, 403, 404))
    def create(self, request: Request) -> Response:
        check_may(request.user, "child", "write")
        return Response(self._save(request, None), status=201)

    @told("Edit a child by hand", DETAIL, takes=ChildCells, refusals=(400, 401, 403, 404))
    def partial_update(self, request: Request, pk: int) -> Response:
        open_child(actor=request.user, child_id=pk, now=timezone.now(), action="write")
        return Response(self._save(request, pk))

    def _save(self, request: Request, child_id: int | None) -> dict[str, Any]:
        given = ChildCells(data=request.data)
        given.is_valid(raise_exception=True)
        child = people.save_child(actor=request.user, child_id=child_id, cells=given.validated_data)
        return shown(request.user, access_child(request.user, child.pk))

    @told(
        "Leave the family in peace, or tell it again", QuietOut, takes=QuietIn, refusals=(400, 401, 403, 404)
    )
    @action(detail=True, methods=["put"])
    def quiet(self, request: Request, pk: int) -> Response:
        """For all children who have a guardian in common with this one."""
        open_child(actor=request.user, child_id=pk, now=timezone.now(), action="quiet")
        given = QuietIn(data=request.data)
        given.is_valid(raise_exception=True)
        family = quiet.set_quiet(actor=request.user, child_id=pk, **given.validated_data)
        return Response(QuietOut(next(each for each in family if each.pk == pk)).data)

    @told("Say whether a child takes part", DETAIL, takes=ActiveIn, refusals=(400, 401, 403, 404))
    @action(detail=True, methods=["put"])
    def active(self, request: Request, pk: int) -> Response:
        open_child(actor=request.user, child_id=pk, now=timezone.now(), action="write")
        given = ActiveIn(data=request.data)
        given.is_valid(raise_exception=True)
        people.set_active(actor=request.user, kind="child", pk=pk, active=given.validated_data["active"])
        return Response(shown(request.user, access_child(request.user, pk)))
