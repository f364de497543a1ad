"""What a person was told: newest first. What stands on a page that was looked at is read."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from backend.care.access import may_watch
from backend.notices import wording
from backend.notices.access import notices_for
from backend.notices.kinds import Audience, Kind
from backend.notices.models import Notice
from backend.notices.outbox import mark_read

PER_PAGE = 30
CAN_CHANGE = {Kind.MEETING_MOVED, Kind.MEETING_ON_AGAIN}
TO_READINGS = {Kind.READING_ASKED, Kind.READING_ALONE, Kind.READING_OPENED, Kind.READING_REFUSED}
IN_HISTORY = {Kind.MEETING_MISSED, Kind.SUMMARY_WRITTEN}


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    page = Paginator(notices_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    notices = list(page.object_list)
    watches = any(notice.kind == Kind.ALERT for notice in notices) and may_watch(request.user)
    entries = [
        {
            "notice": notice,
            "words": wording.on_page(notice),
            "url": reverse("duty") if watches and notice.kind == Kind.ALERT else _leads_to(notice),
        }
        for notice in notices
    ]
    response = render(request, "notices/index.html", {"page": page, "entries": entries})
    unread = [notice.pk for notice in notices if notice.read_at is None]
    if unread and request.method == "GET":
        mark_read(actor=request.user, ids=unread)
    return response


def unread_of(request: HttpRequest) -> int:
    """How many the header counts."""
    return notices_for(request.user).unread().count() if request.user.is_authenticated else 0


def _leads_to(notice: Notice) -> str:
    """Where one reads more, if this reader has such a page."""
    number: Any = notice.about.partition(":")[2]
    if notice.kind in CAN_CHANGE and notice.audience != Audience.CHILD:
        return reverse("meeting", args=[number])
    if notice.kind == Kind.HAND_OVER:
        return reverse("my_child", args=[number])
    if notice.kind in TO_READINGS:
        return reverse("readings")
    if notice.kind in IN_HISTORY and notice.audience == Audience.FAMILY:
        return reverse("history", args=[notice.child])
    return ""
