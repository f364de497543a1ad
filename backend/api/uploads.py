"""Roster files: checked first, then taken whole or not at all; and the roster out again."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.accounts.access import check_may
from backend.accounts.passwords import check_password_again
from backend.api.describing import listed, told
from backend.api.ordering import Ordering
from backend.api.password_again import PasswordAgainIn
from backend.errors import NotYours, TooBig
from backend.rosters import export, imports, people
from backend.rosters.models import RosterUpload
from backend.rosters.reading.tables import MOST_BYTES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadListed(serializers.Serializer[RosterUpload]):
    id = serializers.IntegerField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    state = serializers.ChoiceField(choices=RosterUpload.State.choices)
    uploaded_at = serializers.DateTimeField()
    uploaded_by = serializers.IntegerField(source="uploaded_by_id")
    taken_at = serializers.DateTimeField(allow_null=True)


class CellProblem(serializers.Serializer[Any]):
    file = serializers.CharField()
    row = serializers.IntegerField(help_text="As Excel numbers it.")
    column = serializers.CharField()
    wrong = serializers.CharField()
    expected = serializers.CharField()


class PeopleDifference(serializers.Serializer[Any]):
    new = serializers.ListField(child=serializers.CharField())
    changed = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    unchanged = serializers.ListField(child=serializers.CharField())
    gone = serializers.ListField(child=serializers.CharField(), help_text="Here and active, not in the file.")


class UploadDifference(serializers.Serializer[Any]):
    children = PeopleDifference(required=False)
    mentors = PeopleDifference(required=False)


class UploadReport(serializers.Serializer[Any]):
    problems = CellProblem(many=True)
    warnings = CellProblem(many=True)
    difference = UploadDifference(help_text="What taking the file does; empty when it has problems.")


class UploadDetail(UploadListed):
    report = UploadReport()


class UploadIn(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True, max_length=200)


class GoneOut(serializers.Serializer[Any]):
    children = serializers.ListField(child=serializers.CharField())
    mentors = serializers.ListField(child=serializers.CharField())


class UploadFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=RosterUpload.State.choices)
    search = django_filters.CharFilter(field_name="file_name", lookup_expr="icontains")
    ordering = Ordering(fields=["uploaded_at", "taken_at", "file_name"])


@extend_schema(tags=["roster"])
class Uploads(mixins.ListModelMixin, GenericViewSet[RosterUpload]):
    """Roster files that coordinators brought."""

    parser_classes = (MultiPartParser,)
    queryset = RosterUpload.objects.none()
    serializer_class = UploadListed
    filterset_class = UploadFilter

    def get_queryset(self) -> QuerySet[RosterUpload]:
        check_may(self.request.user, "roster", "import")
        heavy = ("content", "report") if self.action == "list" else ("content",)
        return RosterUpload.objects.defer(*heavy)

    @listed("Roster files, the newest first", UploadListed)
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("One roster file and what the check found", UploadDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotYours
        return Response(UploadDetail(found).data)

    @told(
        "Bring a roster file: it is checked, and nobody is taken in yet",
        UploadDetail,
        status=201,
        takes={"multipart/form-data": UploadIn},
        refusals=(400, 401, 403, 404, 413),
    )
    def create(self, request: Request) -> Response:
        """A file with errors is kept too, in state refused; its report names every bad cell."""
        check_may(request.user, "roster", "import")
        given = UploadIn(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
        if file.size > MOST_BYTES:
            raise TooBig(_("A roster file has at most %(most)d MB.") % {"most": MOST_BYTES // 1024**2})
        made = imports.check_upload(actor=request.user, file_name=file.name, content=file.read())
        return Response(UploadDetail(made).data, status=201)

    @told("Take everybody in the file, or nobody", UploadDetail, refusals=(400, 401, 403, 404, 409))
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: int) -> Response:
        taken = imports.take_upload(actor=request.user, upload_id=pk)
        return Response(UploadDetail(taken).data)

    @told("Set inactive whom the taken file no longer names", GoneOut, refusals=(401, 403, 404, 409))
    @action(detail=True, methods=["post"], url_path="gone-inactive")
    def gone_inactive(self, request: Request, pk: int) -> Response:
        return Response(people.set_gone_inactive(actor=request.user, upload_id=pk))


@extend_schema(tags=["exports"])
class RosterExport(APIView):
    """Everybody who takes part, as a workbook that can be brought in again."""

    @told(
        "The roster as a workbook",
        OpenApiTypes.BINARY,
        media_type=XLSX,
        takes=PasswordAgainIn,
        refusals=(400, 401, 403, 404),
        operation_id="exports_roster",
    )
    def post(self, request: Request) -> HttpResponse:
        """Asks for the password again, and is recorded."""
        check_may(request.user, "roster", "export")
        given = PasswordAgainIn(data=request.data)
        given.is_valid(raise_exception=True)
        check_password_again(request.user, given.validated_data["password"])
        response = HttpResponse(export.export_roster(actor=request.user), content_type=XLSX)
        name = f"roster-{timezone.localdate().isoformat()}.xlsx"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response
