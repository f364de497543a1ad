"""Every REST resource, by name."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
