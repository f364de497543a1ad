"""Every page, by what it shows."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
