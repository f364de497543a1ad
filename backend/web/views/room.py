"""The page of a room, and its end with a summary."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from backend.errors import Invalid
from backend.web.mentor_forms import SummaryForm
from backend.web.saying import teacher
from backend.web.templatetags.shuangdao import WEEKDAYS
from chat import pages, sessions
from chat.access import access_room, parents_in_words, readers_in_words, readers_of
from chat.conditions import hours_of
from chat.models import Room
from chat.protocol import LIMITS, Side

MOST_GUARDIANS = 4


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
        return render(request, "room/read.html", context)
    context["is_mentor"], context["is_child"] = you is Side.MENTOR, you is Side.CHILD
    context["data"] = {
        "room": room.pk,
        "you": you,
        "name": f"{room.pk}:{you}",
        "page": page,
        "held": pages.own_held(actor=request.user, room_id=room_id),
        "most": LIMITS.body_chars,
        "hours": hours_of(room.pairing.child, timezone.now()),
        "words": _words(context["other"], you) | _readers(room),
    }
    return render(request, "room/show.html", context)


def end(request: HttpRequest, room_id: int) -> HttpResponse:
    """Ends the session, with the summary if there is time for it."""
    room = access_room(request.user, room_id, "end_session")
    form = SummaryForm(request.POST or None, role=room.pairing.role, must=False)
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
    form = SummaryForm(request.POST or None, role=session.room.pairing.role)
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
    return render(request, "room/summary.html", context)


def _last_time(room: Room) -> dict[str, Any]:
    return {"last": sessions.last_summary(room), "child": room.pairing.child}


def _readers(room: Room) -> dict[str, Any]:
    """The words for who can read, when that changes while the page is open."""
    pairing = room.pairing
    mentor, child, most = pairing.mentor.name, pairing.child.call_name, MOST_GUARDIANS
    return {
        "parents": [parents_in_words(child, number) for number in range(1, most + 1)],
        "all": [readers_in_words(mentor, child, parents) for parents in range(most + 1)],
    }


def _words(other: str, you: Side) -> dict[str, Any]:
    """What the page says by itself; %s is filled in there."""
    is_child = you is Side.CHILD
    return {
        "me": _("I said:"),
        "them": _("%(name)s said:") % {"name": other},
        "presence": {"here": _("here now"), "away": _("not here")},
        "closes": {
            "4401": _("You are signed out. Please sign in again."),
            "4403": _("Nobody can write in this room at the moment. If you need somebody, touch Help above.")
            if is_child
            else _("Nobody can write in this room at the moment. Please ask the coordinator."),
            "4404": _("This room was not found."),
            "4409": _("This room is open in too many places. Touch here to go on in this one."),
            "4410": _("This pairing has ended. The room can still be read."),
            "other": _("The connection has ended. Please open this page again."),
        },
        "meeting": _("together since %s"),
        "warn": _("Nobody has said anything for a while: the meeting ends by itself at %s."),
        "offline": _("No connection. What you write is kept and goes out by itself."),
        "sending": _("waiting to go out"),
        "waiting": _("A coordinator looks at this before it goes out."),
        "refused": _("This was not sent."),
        "unshown": _("A message of yours"),
        "masked": _("Contact details were hidden."),
        "redacted": _("This was taken away."),
        "read": _("seen by the mentor"),
        "over": _("%s characters too many"),
        "readers": _("Only %s can read what is said here."),
        "comma": _(", "),
        "closed": _("The room is closed now. It opens %s; your words wait in the field."),
        "full": _(
            "You have talked a good while today: rest your eyes. From %s you can write again; your words wait."
        )
        if is_child
        else _(
            "The child has talked for as long as it may today. It goes on %s; your words wait in the field."
        ),
        "frozen": _("Nobody can write in this room at the moment. Your words wait in the field."),
        "too_big": _("This is too long. Please make it shorter."),
        "events": {
            "session_opened": _("The meeting began at %s"),
            "session_ended": _("The meeting ended at %s"),
            "slot_changed": _("The weekly hour is now %s."),
            "rest": _(
                "You have talked for a while. Look out of the window and rest your eyes for ten minutes."
            ),
            "readers_changed": _("From here on no parent can read this."),
            "readers_more": _("From here on %s can read this too."),
        },
        "weekdays": [str(weekday) for weekday in WEEKDAYS],
    }
