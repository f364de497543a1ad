"""What the person who asks was told."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed, told
from backend.notices import wording
from backend.notices.access import access_notice, notices_for
from backend.notices.kinds import Kind
from backend.notices.models import Notice
from backend.notices.outbox import mark_read

KINDS = [(kind.value, kind.value) for kind in Kind]


class NoticeOut(serializers.Serializer[Notice]):
    """about: the thing it is about, as kind and id.  text: in the language of the reader."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KINDS)
    about = serializers.CharField()
    child = serializers.IntegerField(allow_null=True)
    text = serializers.SerializerMethodField()
    at = serializers.DateTimeField(source="shown_from")
    read_at = serializers.DateTimeField(allow_null=True)

    def get_text(self, notice: Notice) -> str:
        return wording.on_page(notice)


class NoticeFilter(django_filters.FilterSet):
    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")
    kind = django_filters.ChoiceFilter(choices=KINDS)


@extend_schema(tags=["notices"])
class Notices(mixins.ListModelMixin, GenericViewSet[Notice]):
    """One's own notices, newest first."""

    queryset = Notice.objects.none()
    serializer_class = NoticeOut
    filterset_class = NoticeFilter

    def get_queryset(self) -> QuerySet[Notice]:
        return notices_for(self.request.user)

    @listed("One's own notices, newest first", NoticeOut, refusals=(400, 401))
    def list(self, request: Request) -> Response:
        return super().list(request)

    @told("Mark one as read", status=204, refusals=(401, 403, 404))
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: int) -> Response:
        notice: Any = access_notice(request.user, pk, "mark_read")
        mark_read(actor=request.user, ids=[notice.pk])
        return Response(status=204)
