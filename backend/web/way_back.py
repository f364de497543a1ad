"""From one place of a plan back to where in a list one was: its filters, its page, its row."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode


def way_back(request: HttpRequest, round_id: int) -> str:
    """The page of this round that the coordinator came from, as form or address say; "" for anything else."""
    given = request.POST.get("back") or request.GET.get("back") or ""
    of_this_round = given.startswith(reverse("round", args=[round_id]))
    return given if of_this_round and url_has_allowed_host_and_scheme(given, None) else ""


def with_way_back(url: str, back: str) -> str:
    return f"{url}?{urlencode({'back': back})}" if back else url
