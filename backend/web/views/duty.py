"""The duty screen, the rota, and the numbers to ring."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.care import hotlines, rota, waking
from backend.care.access import cases_for, check_may_watch, in_order
from backend.care.models import Alert, Case, Shift
from backend.errors import Refusal
from backend.web.care_forms import NumberForm, ShiftForm
from chat.rules.times import local_day

MOST = 50
DAYS = 14


def screen(request: HttpRequest) -> HttpResponse:
    check_may_watch(request.user)
    return render(request, "duty/screen.html", _standing(request))


def standing(request: HttpRequest) -> HttpResponse:
    """What the screen asks every second."""
    check_may_watch(request.user)
    return render(request, "duty/standing.html", _standing(request))


def _standing(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    rota.keep_watch(actor=request.user, now=now)
    cases = list(in_order(cases_for(request.user)).prefetch_related("alerts", "notes")[: MOST + 1])
    return {
        "rows": [_row(case, now) for case in cases[:MOST]],
        "is_more": len(cases) > MOST,
        "now": now,
        "can_wake": waking.can_wake(now),
        "shift": Shift.objects.at(now).filter(person=request.user).first(),
    }


def _row(case: Case, now: Any) -> dict[str, Any]:
    alerts: list[Alert] = list(case.alerts.all())
    waiting = [alert for alert in alerts if alert.answered_at is None]
    newest = (waiting or alerts)[-1]
    return {
        "case": case,
        "what": newest.get_kind_display(),
        "since": newest.raised_at,
        "minutes": int((now - newest.raised_at).total_seconds() // 60),
        "waiting": bool(waiting),
        "slip": newest.said_a_slip(),
        "late": case.due_at is not None and case.due_at < now,
    }


def plan(request: HttpRequest) -> HttpResponse:
    """Who is on duty in the coming days, and when nobody is."""
    check_may(request.user, "shift", "list")
    form = ShiftForm(request.POST or None, people=_people())
    if request.method == "POST" and form.is_valid():
        try:
            rota.add_shift(actor=request.user, **form.cleaned_data)
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Added to the rota."))
            return redirect("rota")
    now = timezone.now()
    shifts = Shift.objects.within(now, now + timedelta(days=DAYS)).select_related("person")
    context = {
        "form": form,
        "shifts": [{"shift": shift, "clashes": rota.clashing(shift)} for shift in shifts],
        "gaps": rota.gaps_ahead(now),
        "on_duty": list(rota.on_duty(now)),
        "lead": next(iter(rota.leads_in_order(now)), None),
        "hours": rota.DUTY_HOURS,
        "can_wake": waking.can_wake(now),
        "today": local_day(now),
    }
    return render(request, "duty/rota.html", context)


def _people() -> list[tuple[int, str]]:
    return list(rota.counsellors().values_list("pk", "name"))


@require_POST
def remove_shift(request: HttpRequest, shift_id: int) -> HttpResponse:
    rota.remove_shift(actor=request.user, shift_id=shift_id)
    messages.success(request, _("Removed from the rota."))
    return redirect("rota")


def numbers(request: HttpRequest) -> HttpResponse:
    """All numbers on one page: an emptied row goes, the last one is for another."""
    check_may(request.user, "hotline", "write")
    rows = hotlines.saved()
    forms = [
        NumberForm(request.POST or None, prefix=str(place), initial=row)
        for place, row in enumerate([*rows, {}])
    ]
    if request.method == "POST" and all(form.is_valid() for form in forms):
        given = [form.cleaned_data for form in forms if form.cleaned_data.get("number")]
        try:
            hotlines.save_numbers(actor=request.user, rows=given)
        except Refusal as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Saved: the Help page shows them from now on."))
            return redirect("hotlines")
    return render(request, "duty/numbers.html", {"forms": forms})
