"""Files live for a week: what they held goes, who brought them when and what it changed stays."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from backend.rosters.models import RosterUpload, SetAside

FILES_LIVE = timedelta(days=7)
ROWS_WAIT = timedelta(days=90)  # set aside, and nobody came back to them
State = RosterUpload.State


def forget_old(now: datetime) -> None:
    """The duty: files of a week ago, taken or not; rows set aside that waited too long, or were closed a week ago."""
    old = RosterUpload.objects.filter(uploaded_at__lt=now - FILES_LIVE, forgotten_at=None)
    for upload_id in old.values_list("pk", flat=True):
        with transaction.atomic():
            forget_upload(upload_id, now)
    SetAside.objects.filter(set_aside_at__lt=now - ROWS_WAIT).delete()
    SetAside.objects.filter(closed_at__lt=now - FILES_LIVE).delete()


def forget_upload(upload_id: int, now: datetime | None = None) -> None:
    """Bytes, choices and cells go; ids of what a taken file changed stay."""
    upload = RosterUpload.objects.select_for_update().defer("content").get(pk=upload_id)
    taken = upload.state == State.TAKEN
    RosterUpload.objects.filter(pk=upload_id).update(
        content=b"",
        choices={},
        report={
            "problems": [],
            "warnings": [],
            "difference": upload.report.get("difference", {}) if taken else {},
        },
        state=State.TAKEN if taken else State.DROPPED,
        version=upload.version + 1,
        forgotten_at=now or timezone.now(),
    )
