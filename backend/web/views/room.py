"""The page of a room, and its end with a summary."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from backend.errors import Invalid
from backend.web import room_words, who_reads
from backend.web.bands import Band, band_of
from backend.web.mentor_forms import SummaryForm
from backend.web.saying import teacher
from backend.web.templatetags.shuangdao import local_name
from chat import explaining, pages, sessions
from chat.access import RoomEnded, access_room, meetings_for, parents_in_words, readers_of
from chat.conditions import hours_of
from chat.models import Room
from chat.protocol import LIMITS, Side
from chat.rules.meetings import NEAR
from chat.rules.times import HOUR
from matching.models import Role

MILLISECOND = timedelta(milliseconds=1)


def show(request: HttpRequest, room_id: int) -> HttpResponse:
    """For the two, while they may write, the newest page: everything further comes over the socket.

    For everybody else who may read, and in a room that has ended, a page to read.
    """
    before = request.GET.get("before", "")
    page = pages.page_of(
        actor=request.user,
        room_id=room_id,
        before=int(before) if before.isdecimal() and len(before) < 17 else None,
    )
    room = access_room(request.user, room_id)
    you = room.side_of(request.user)
    child, mentor = room.pairing.child.call_name, teacher(room.pairing.mentor.name)
    context: dict[str, Any] = {
        "room": room,
        "other": {Side.CHILD: mentor, Side.MENTOR: child}.get(you, f"{child} · {mentor}"),
        "readers": _(", ").join(readers_of(room)),
    }
    if you is None or room.ended or room.frozen:
        rows = [
            {
                **row,
                "at": parse_datetime(row["at"]),
                "along": parents_in_words(child, row["parents"]) if row.get("parents") else "",
            }
            for row in page["results"]
        ]
        names = {Side.CHILD: child, Side.MENTOR: mentor}
        frozen = room.seems_frozen_to(request.user)
        context |= {"frozen": frozen, "opened": pages.part_for(request.user, room).opened}
        context |= {"rows": rows, "before": page["before"], "names": names, "you": you}
        if you is None:
            child_page = reverse("read_along", args=[room.pairing.child_id])
            context["up"] = reverse("readings") if context["opened"] else child_page
        return render(request, "room/read.html", context)
    if you is Side.CHILD and room.understood_at is None:
        return _explained(request, room)
    band, academic = band_of(room.pairing.child.grade), room.pairing.role == Role.ACADEMIC
    context |= {"is_mentor": you is Side.MENTOR, "is_child": you is Side.CHILD, "grown": band is Band.GROWN}
    if academic:
        subject = room.pairing.subject
        context["learns"] = True
        context["book"] = local_name(subject) if subject else ""
        if subject and subject.code in room_words.RECKONS:
            context["signs"] = room_words.SIGNS
    if you is Side.CHILD and band is Band.SMALL:
        context["phrases"] = room_words.PHRASES
    context["data"] = {
        "room": room.pk,
        "you": you,
        "name": f"{request.user.pk}:{room.pk}",
        "page": page,
        "read_to": pages.read_mark(room, you),
        "slot": room.pairing.slot,
        "next": _next(request.user, room) if you is Side.CHILD else None,
        "held": pages.own_held(actor=request.user, room_id=room_id),
        "most": LIMITS.body_chars,
        "hours": hours_of(room.pairing.child, timezone.now()),
        "words": room_words.words(context["other"], you, band) | room_words.readers(room),
    }
    return render(request, "room/show.html", context)


def _next(child: Any, room: Room) -> dict[str, Any] | None:
    """The meeting that comes next, or goes on, as the page tells the child of it."""
    found = meetings_for(child).ahead(timezone.now()).filter(pairing=room.pairing).first()
    return found and {
        "start": found.start.isoformat(),
        "near_ms": NEAR // MILLISECOND,
        "lasts_ms": HOUR // MILLISECOND,
    }


def readers(request: HttpRequest, room_id: int) -> HttpResponse:
    """Who can read the room, for the child: before its first message, and whenever it likes."""
    try:
        room = access_room(request.user, room_id, "understand")
    except RoomEnded:
        return redirect(
            "room", room_id
        )  # nothing is said there any more; who can read it stands above the words
    if request.method == "POST":
        explaining.understand(actor=request.user, room_id=room_id)
        return redirect("room", room_id)
    return _explained(request, room)


def _explained(request: HttpRequest, room: Room) -> HttpResponse:
    band, role = band_of(room.pairing.child.grade), room.pairing.role
    told = who_reads.told(explaining.who_reads(room, timezone.now()), role, band)
    other = teacher(room.pairing.mentor.name)
    context = {"room": room, "other": other, "told": told, "small": band is Band.SMALL}
    return render(request, "room/readers.html", context)


def end(request: HttpRequest, room_id: int) -> HttpResponse:
    """Ends the session, with the summary if there is time for it."""
    room = access_room(request.user, room_id, "end_session")
    form = SummaryForm(
        request.POST or None, role=room.pairing.role, subject=room.pairing.subject_id, must=False
    )
    if request.method == "POST" and form.is_valid():
        written = form.cleaned_data
        try:
            sessions.end_session(
                actor=request.user, room_id=room_id, summary=written["body"], mood=written.get("mood")
            )
        except Invalid as refused:
            form.add_error("body", str(refused))
        else:
            if written["body"]:
                messages.success(request, _("The meeting has ended and its summary is kept."))
            else:
                messages.success(
                    request, _("The meeting has ended. Its summary can be written within a day.")
                )
            return redirect("home")
    return render(request, "room/end.html", {"room": room, "form": form, **_last_time(room)})


def summary(request: HttpRequest, session_id: int) -> HttpResponse:
    """The summary of a session that is over."""
    session = sessions.access_session(request.user, session_id)
    pairing = session.room.pairing
    form = SummaryForm(request.POST or None, role=pairing.role, subject=pairing.subject_id)
    if request.method == "POST" and form.is_valid():
        written = form.cleaned_data
        try:
            sessions.write_summary(
                actor=request.user, session_id=session_id, body=written["body"], mood=written.get("mood")
            )
        except Invalid as refused:
            form.add_error("body", str(refused))
        else:
            messages.success(request, _("The summary is kept."))
            return redirect("home")
    context = {"session": session, "room": session.room, "form": form, **_last_time(session.room)}
    context["up"] = reverse("my_child", args=[session.room.pairing_id])
    return render(request, "room/summary.html", context)


def _last_time(room: Room) -> dict[str, Any]:
    return {"last": sessions.last_summary(room), "child": room.pairing.child}
