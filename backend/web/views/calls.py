"""请联系我: asking to be rung, and ringing."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.accounts.access import may
from backend.care import requests
from backend.care.models import CallRequest
from backend.web.templatetags.shuangdao import day_and_hour

PER_PAGE = 50


class CallForm(forms.Form):
    topic = forms.ChoiceField(
        label=gettext_lazy("What is it about?"), choices=CallRequest.Topic.choices, widget=forms.RadioSelect
    )


def ask(request: HttpRequest) -> HttpResponse:
    """For mentors, parents and carers: how their last asking stands, and the form for another one."""
    requests.check_may_ask(request.user)
    if request.method == "POST" and "take_back" in request.POST:
        requests.take_back_call(actor=request.user)
        messages.success(request, _("Then nobody will ring you. You can ask again at any time."))
        return redirect("call_me")
    form = CallForm(request.POST or None, initial={"topic": request.GET.get("topic")})
    if request.method == "POST" and form.is_valid():
        asked = requests.ask_to_be_rung(actor=request.user, topic=form.cleaned_data["topic"])
        said = _("We will ring you by %(when)s.") % {"when": day_and_hour(asked.answer_by)}
        messages.success(request, said)
        return redirect("call_me")
    context: dict[str, Any] = {
        "form": form,
        "last": requests.last_call_of(request.user),
        "by": requests.answer_time(timezone.now()),
        "telephone": settings.PROGRAMME_PHONE,
    }
    return render(request, "calls/ask.html", context)


def index(request: HttpRequest) -> HttpResponse:
    """Whom to ring, the most urgent first."""
    page = Paginator(requests.calls_to_make(request.user), PER_PAGE).get_page(request.GET.get("page"))
    outcomes = [(each.value, each.label) for each in requests.RUNG]
    children = requests.children_of_callers(request.user, page) if may(request.user, "child", "list") else {}
    rows = [(asked, children.get(asked.asked_by_id, [])) for asked in page]
    context = {"page": page, "rows": rows, "now": timezone.now(), "outcomes": outcomes}
    return render(request, "calls/index.html", context)


@require_POST
def answer(request: HttpRequest, request_id: int) -> HttpResponse:
    requests.answer_call(actor=request.user, request_id=request_id, outcome=request.POST.get("outcome", ""))
    messages.success(request, _("Noted."))
    return redirect("calls")
