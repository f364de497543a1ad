"""Every REST resource, by name."""

from datetime import date

from django.urls import URLPattern, URLResolver, path, re_path, register_converter
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from backend.api.absence import AbsenceOfMentor, OwnHours
from backend.api.calls import CallsToMake, OwnCalls
from backend.api.cards import ChildCard, MentorCard
from backend.api.cases import CasesOfLeads, CasesOnDuty, VerdictOfLead
from backend.api.children import ChildrenOfRoster
from backend.api.comparisons import Comparisons
from backend.api.consent import ConsentOfChild, StatusOfGuardian, StopOfChild
from backend.api.differences import Difference
from backend.api.edits import Edits, Redo, SolveAgain, Swaps, Undo
from backend.api.held import HeldMessages
from backend.api.help import HelpOfChild, WorriesOfChild
from backend.api.history import ChildHistory
from backend.api.invitations import Invitations
from backend.api.lists import Districts, Subjects
from backend.api.log import Log, Looks
from backend.api.meetings import Disputes, Meetings, Reports
from backend.api.mentors import MentorsOfRoster
from backend.api.notices import Notices
from backend.api.pairings import AnswerOfMentor, EndOfPairing, Locks, PairingsOfAll
from backend.api.plans import Choices, OnePlace, Proposals, UnservedRoles
from backend.api.programme import Holidays, Programme
from backend.api.readers import OneReader, ReadersOfChild
from backend.api.readings import ReadingsOfStaff
from backend.api.rooms import Freezing, Redactions, Rooms
from backend.api.rota import RotaNow, Shifts
from backend.api.rounds import Rounds
from backend.api.session import Me, Session, Sessions
from backend.api.summaries import Summaries, SummaryOfReport, SummaryOfSession
from backend.api.uploads import RosterExport, Uploads
from backend.errors import NotYours


class RoleInPath:
    regex = "academic|wellbeing"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class DayInPath:
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(RoleInPath, "role")
register_converter(DayInPath, "day")

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
    ("meetings", Meetings),
    ("summaries", Summaries),
    ("holidays", Holidays),
    ("shifts", Shifts),
    ("invitations", Invitations),
    ("notices", Notices),
    ("held", HeldMessages),
    ("readings", ReadingsOfStaff),
    ("cases", CasesOfLeads),
    ("calls", CallsToMake),
    ("log", Log),
):
    resource.lookup_value_converter = "day" if prefix == "holidays" else "int"  # type: ignore[attr-defined]
    router.register(prefix, resource, basename=f"api-{prefix}")

OF_ROUND = "rounds/<int:round_id>"
ONE_PLACE = f"{OF_ROUND}/proposals/<int:child_id>/<role:role>"

DOCS = SpectacularSwaggerSplitView.as_view(
    url_name="api-schema", template_name="api/docs.html", title="Shuangdao"
)


class NothingHere(APIView):
    """An address that is none of these is refused as they refuse."""

    schema = None

    def get(self, request: Request, **_address: str) -> Response:
        raise NotYours

    post = put = patch = delete = get


urlpatterns: list[URLPattern | URLResolver] = [
    path("session/", Session.as_view(), name="api-session"),
    path("sessions/", Sessions.as_view(), name="api-sessions"),
    path("me/", Me.as_view(), name="api-me"),
    path(f"{OF_ROUND}/proposals/", Proposals.as_view({"get": "list"}), name="api-proposals"),
    path(f"{OF_ROUND}/unserved/", UnservedRoles.as_view({"get": "list"}), name="api-unserved"),
    path(f"{OF_ROUND}/difference/", Difference.as_view(), name="api-difference"),
    path(f"{OF_ROUND}/edits/", Edits.as_view({"get": "list"}), name="api-edits"),
    path(f"{OF_ROUND}/edits/undo/", Undo.as_view(), name="api-undo"),
    path(f"{OF_ROUND}/edits/redo/", Redo.as_view(), name="api-redo"),
    path(f"{OF_ROUND}/again/", SolveAgain.as_view(), name="api-again"),
    path(f"{ONE_PLACE}/swap/", Swaps.as_view(), name="api-swap"),
    path(f"{ONE_PLACE}/", OnePlace.as_view(), name="api-place"),
    path(f"{ONE_PLACE}/choices/", Choices.as_view(), name="api-choices"),
    path(f"{ONE_PLACE}/comparison/", Comparisons.as_view(), name="api-comparison"),
    path("children/<int:child_id>/card/", ChildCard.as_view(), name="api-child-card"),
    path("children/<int:child_id>/history/", ChildHistory.as_view(), name="api-child-history"),
    path("children/<int:child_id>/consent/", ConsentOfChild.as_view(), name="api-consent"),
    path("children/<int:child_id>/stop/", StopOfChild.as_view(), name="api-stop"),
    path("children/<int:child_id>/readers/", ReadersOfChild.as_view(), name="api-readers"),
    path("readers/<int:reader_id>/", OneReader.as_view(), name="api-reader"),
    path("guardians/<int:link_id>/", StatusOfGuardian.as_view(), name="api-guardian"),
    path("children/<int:child_id>/looks/", Looks.as_view({"get": "list"}), name="api-looks"),
    path("mentors/<int:mentor_id>/card/", MentorCard.as_view(), name="api-mentor-card"),
    path("pairings/<int:pairing_id>/answer/", AnswerOfMentor.as_view(), name="api-answer"),
    path("pairings/<int:pairing_id>/elsewhere/", Reports.as_view(), name="api-report"),
    path("elsewhere/<int:report_id>/dispute/", Disputes.as_view(), name="api-report-dispute"),
    path("elsewhere/<int:report_id>/summaries/", SummaryOfReport.as_view(), name="api-report-summary"),
    path("sessions/<int:session_id>/summaries/", SummaryOfSession.as_view(), name="api-session-summary"),
    path("pairings/<int:pairing_id>/end/", EndOfPairing.as_view(), name="api-pairing-end"),
    path("mentors/<int:mentor_id>/absence/", AbsenceOfMentor.as_view(), name="api-absence"),
    path("me/hours/", OwnHours.as_view(), name="api-own-hours"),
    path("me/call/", OwnCalls.as_view(), name="api-own-call"),
    path("help/", HelpOfChild.as_view(), name="api-help"),
    path("children/<int:child_id>/worries/", WorriesOfChild.as_view(), name="api-worries"),
    path("duty/", CasesOnDuty.as_view(), name="api-duty"),
    path("cases/<int:case_id>/alerts/<int:alert_id>/", VerdictOfLead.as_view(), name="api-case-alert"),
    path("rota/", RotaNow.as_view(), name="api-rota"),
    path("programme/", Programme.as_view(), name="api-programme"),
    path("rooms/<int:room_id>/messages/<int:s>/redact/", Redactions.as_view(), name="api-redact"),
    path("rooms/<int:room_id>/frozen/", Freezing.as_view(), name="api-room-frozen"),
    path("exports/roster/", RosterExport.as_view(), name="api-export-roster"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
    path("docs/", DOCS, name="api-docs"),
    *router.urls,
    # With its slash: without one an address is first tried with it.
    re_path(r"^[\s\S]*/$", NothingHere.as_view(), name="api-nothing"),
]
