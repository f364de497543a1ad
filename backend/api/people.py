"""What both lists of people share."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from backend.rosters.models import District


class ActiveIn(serializers.Serializer[Any]):
    active = serializers.BooleanField()


class PeopleFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_words", label="Part of a name or roster id.")
    district = django_filters.ModelChoiceFilter(queryset=District.objects.all())
    active = django_filters.BooleanFilter()

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(name__icontains=value) | Q(roster_id__icontains=value))


class Cells(serializers.Serializer[Any]):
    """Cells of one roster row, as text in the words that a roster file may use. Columns left out stay."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({column: [_("unknown column")] for column in unknown})
        return super().to_internal_value(data)


def cell() -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=4000)
