"""Every door that speaks HTTP. Sockets are routed in backend.asgi."""

from django.urls import include, path

handler500 = "backend.web.views.help.broken"
urlpatterns = [
    path("api/v1/", include("backend.api.urls")),
    path("", include("backend.web.urls")),
]
