"""Who looked at a child, for its family; and the log of what was done, for leads and for oneself."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backend.accounts.access import may
from backend.accounts.models import User
from backend.care.who_looked import in_words, log_for, looks_at
from backend.rosters.models import Child
from backend.web.abouts import abouts
from backend.web.acts import act_in_words, look_in_words

PER_PAGE = 30


def looks(request: HttpRequest, child_id: int) -> HttpResponse:
    page = Paginator(looks_at(request.user, child_id), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"look": look, "words": look_in_words(look)} for look in in_words(request.user, page.object_list)]
    child = Child.objects.get(pk=child_id)
    return render(request, "family/looks.html", {"child": child, "page": page, "rows": rows})


def log(request: HttpRequest) -> HttpResponse:
    page = Paginator(log_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    entries = list(page.object_list)
    names = User.objects.in_bulk({entry.actor_id for entry in entries})
    about = abouts(request.user, entries)
    rows = [
        {
            "entry": entry,
            "who": names.get(entry.actor_id),
            "words": act_in_words(entry),
            "about": about[entry.number],
        }
        for entry in entries
    ]
    context = {"page": page, "rows": rows, "of_all": may(request.user, "log", "list_all")}
    return render(request, "log.html", context)
