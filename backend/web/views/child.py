"""The child's page: two teachers, when each comes next, and the door to each."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend.rosters.models import Child
from backend.web.saying import coming, teacher
from chat import desk
from chat.rules.meetings import length_for


def home(request: HttpRequest, child: Child) -> HttpResponse:
    today = timezone.localdate()
    cards = [
        {
            "place": place,
            "role": place.room.pairing.role,
            "subject": place.room.pairing.subject,
            "who": teacher(place.room.pairing.mentor.name),
            "when": coming(place.next.start, today) if place.next else "",
        }
        for place in desk.places_for(actor=request.user)
    ]
    minutes = int(length_for(child.grade).total_seconds() // 60)
    return render(request, "child/home.html", {"child": child, "cards": cards, "minutes": minutes})
