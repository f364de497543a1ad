"""Who looked at a child, for its family; and the log of acts, for leads and for oneself."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed
from backend.api.ordering import Ordering
from backend.audit.models import Entry
from backend.care.who_looked import Look, in_words, log_for, looks_at
from matching.models import Role

CAPACITIES = [(capacity, capacity) for capacity in ("coordinator", "lead")]


class LookOut(serializers.Serializer[Look]):
    """role and days: of a room that was read in an emergency. who: a name, for safeguarding leads only."""

    at = serializers.DateTimeField()
    capacity = serializers.ChoiceField(choices=CAPACITIES)
    role = serializers.ChoiceField(choices=Role.choices, allow_blank=True)
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    alone = serializers.BooleanField(help_text="A lead in immediate danger, without a second person.")
    who = serializers.CharField(allow_blank=True)
    way_in = serializers.BooleanField(help_text="No look: a new way to sign in was made for the child.")
    held = serializers.BooleanField(help_text="A message that waited for somebody to look at it.")


class ActOut(serializers.Serializer[Entry]):
    """One act. facts: plain values, nothing personal."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.IntegerField(source="actor_id", allow_null=True, help_text="Null: the system.")
    action = serializers.CharField()
    about = serializers.SerializerMethodField(help_text="The thing it is about, as kind and id.")
    facts = serializers.DictField()

    def get_about(self, entry: Entry) -> str:
        return f"{entry.object_type}:{entry.object_id}" if entry.object_type else ""


class LookFilter(django_filters.FilterSet):
    # A filter may not be named by a word of Python.
    vars()["from"] = django_filters.DateFilter(field_name="at", lookup_expr="date__gte")
    to = django_filters.DateFilter(field_name="at", lookup_expr="date__lte")
    ordering = Ordering(fields=["at"])


class ActFilter(LookFilter):
    action = django_filters.CharFilter()


class PageOfLooks(serializers.ListSerializer[Any]):
    """A page at a time is put into words, so that the queries don't grow with it."""

    def to_representation(self, data: Any) -> list[dict[str, Any]]:
        return super().to_representation(in_words(self.context["request"].user, data))


class LookListed(LookOut):
    class Meta:
        list_serializer_class = PageOfLooks


@extend_schema(tags=["children"])
class Looks(mixins.ListModelMixin, GenericViewSet[Entry]):
    """Who of the staff looked at a child."""

    queryset = Entry.objects.none()
    serializer_class = LookListed
    filterset_class = LookFilter

    def get_queryset(self) -> QuerySet[Entry]:
        if getattr(self, "swagger_fake_view", False):
            return Entry.objects.none()
        return looks_at(self.request.user, self.kwargs["child_id"])

    @listed("Who of the staff looked at a child, the newest first", LookListed)
    def list(self, request: Request, child_id: int) -> Response:
        """For the child's guardians, without names; for safeguarding leads with them."""
        return super().list(request)


@extend_schema(tags=["log"])
class Log(mixins.ListModelMixin, GenericViewSet[Entry]):
    """Who did what: for a safeguarding lead all of it, for a coordinator their own acts."""

    queryset = Entry.objects.none()
    serializer_class = ActOut
    filterset_class = ActFilter

    def get_queryset(self) -> QuerySet[Entry]:
        return log_for(self.request.user)

    @listed("What was done, the newest first", ActOut)
    def list(self, request: Request) -> Response:
        return super().list(request)
