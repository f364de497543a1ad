"""Every REST resource, by name."""

from django.urls import URLPattern, URLResolver, path, register_converter
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from backend.api.children import ChildrenOfRoster
from backend.api.lists import Districts, Subjects
from backend.api.mentors import MentorsOfRoster
from backend.api.pairings import Locks, PairingsOfAll
from backend.api.plans import Choices, Difference, OnePlace, Proposals, UnservedRoles
from backend.api.rooms import Rooms
from backend.api.rounds import Rounds
from backend.api.session import Me, Session
from backend.api.uploads import RosterExport, Uploads


class RoleInPath:
    regex = "academic|wellbeing"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RoleInPath, "role")

router = SimpleRouter(use_regex_path=False)
for prefix, resource in (
    ("children", ChildrenOfRoster),
    ("mentors", MentorsOfRoster),
    ("roster-uploads", Uploads),
    ("districts", Districts),
    ("subjects", Subjects),
    ("rounds", Rounds),
    ("locks", Locks),
    ("pairings", PairingsOfAll),
    ("rooms", Rooms),
):
    resource.lookup_value_converter = "int"  # type: ignore[attr-defined]
    router.register(prefix, resource, basename=f"api-{prefix}")

OF_ROUND = "rounds/<int:round_id>"
ONE_PLACE = f"{OF_ROUND}/proposals/<int:child_id>/<role:role>"

DOCS = SpectacularSwaggerSplitView.as_view(
    url_name="api-schema", template_name="api/docs.html", title="Shuangdao"
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("session/", Session.as_view(), name="api-session"),
    path("me/", Me.as_view(), name="api-me"),
    path(f"{OF_ROUND}/proposals/", Proposals.as_view({"get": "list"}), name="api-proposals"),
    path(f"{OF_ROUND}/unserved/", UnservedRoles.as_view({"get": "list"}), name="api-unserved"),
    path(f"{OF_ROUND}/difference/", Difference.as_view(), name="api-difference"),
    path(f"{ONE_PLACE}/", OnePlace.as_view(), name="api-place"),
    path(f"{ONE_PLACE}/choices/", Choices.as_view(), name="api-choices"),
    path("exports/roster/", RosterExport.as_view(), name="api-export-roster"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("docs/", DOCS, name="api-docs"),
    *router.urls,
]
