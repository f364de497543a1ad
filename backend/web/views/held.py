"""Messages that wait for a coordinator or a safeguarding lead."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.care.watching import named
from backend.web.saying import teacher
from chat import holds, rooms
from chat.protocol import Side


def index(request: HttpRequest) -> HttpResponse:
    rows = [
        {
            "held": held,
            "what": named(held.reason),
            "child": held.room.pairing.child,
            "mentor": held.room.pairing.mentor.name,
            "role": held.room.pairing.role,
            "by": teacher(held.room.pairing.mentor.name)
            if held.sender == Side.MENTOR
            else held.room.pairing.child.call_name,
        }
        for held in holds.look_at_holds(actor=request.user)
    ]
    return render(request, "held.html", {"rows": rows})


@require_POST
def decide(request: HttpRequest, held_id: int) -> HttpResponse:
    release = "release" in request.POST
    rooms.decide_held(actor=request.user, held_id=held_id, release=release)
    messages.success(
        request, _("It stands in the room now.") if release else _("It was not sent. Its sender sees that.")
    )
    return redirect("held")
