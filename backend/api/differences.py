"""A plan against the live pairings: who begins, moves and ends when it is published, and why."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.describing import told
from backend.api.plans import PlaceOut
from matching import changes, publishing, wording
from matching.access import access_round
from matching.core.roster import slot_code


class ChangeOut(serializers.Serializer[changes.Change]):
    """A pairing that does not stay as it is, and why."""

    pairing = PlaceOut()
    reason = serializers.CharField()
    facts = serializers.DictField()
    words = serializers.SerializerMethodField(help_text="The reason as a sentence.")

    def get_words(self, change: changes.Change) -> str:
        hour = slot_code(change.facts["hour"]) if "hour" in change.facts else ""
        return wording.change_in_words(change.reason, change.facts, hour)


class Ended(ChangeOut):
    instead = PlaceOut(allow_null=True, help_text="What the child gets in this role; null when nobody.")


class Moved(ChangeOut):
    slot = serializers.IntegerField(source="instead.slot", help_text="The new hour.")
    subject = serializers.CharField(
        source="instead.subject_id", allow_null=True, help_text="The new subject."
    )


class DifferenceOut(serializers.Serializer[Any]):
    """What publishing would write. Kept pairings are only counted."""

    version = serializers.IntegerField()
    kept = serializers.IntegerField()
    started = PlaceOut(many=True)
    moved = Moved(many=True)
    ended = Ended(many=True)


@extend_schema(tags=["rounds"])
class Difference(APIView):
    """A plan against the live pairings."""

    @told(
        "What publishing would start, move and end",
        DifferenceOut,
        operation_id="rounds_difference_read",
    )
    def get(self, request: Request, round_id: int) -> Response:
        round_ = access_round(request.user, round_id)
        found = publishing.difference(round_, "child", "mentor", "subject")
        ended, moved = changes.changes_of(round_, found)
        shown = {
            "version": round_.version,
            "kept": len(found.kept),
            "started": found.started,
            "moved": moved,
            "ended": ended,
        }
        return Response(DifferenceOut(shown).data)
