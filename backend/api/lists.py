"""The programme's lists: districts and subjects. They name nobody; whoever is signed in may read them."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from rest_framework import mixins, serializers
from rest_framework.viewsets import GenericViewSet

from backend.api.describing import listed
from backend.rosters.models import District, Subject


class DistrictOut(serializers.Serializer[District]):
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()


class SubjectOut(serializers.Serializer[Subject]):
    code = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()


class NameFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_words", label="Part of a code or a name.")

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(name_en__icontains=value))


@listed("Districts of the programme", DistrictOut)
class Districts(mixins.ListModelMixin, GenericViewSet[District]):
    """Districts of the programme, by code."""

    queryset = District.objects.all()
    serializer_class = DistrictOut
    filterset_class = NameFilter


@listed("School subjects", SubjectOut)
class Subjects(mixins.ListModelMixin, GenericViewSet[Subject]):
    """Subjects, in the order in which a school lists them."""

    queryset = Subject.objects.all()
    serializer_class = SubjectOut
    filterset_class = NameFilter
