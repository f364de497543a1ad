"""A guardian's link to a child, for coordinators."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.rosters.carers import end_carer
from backend.rosters.guardians import open_guardianship, set_guardian_status
from backend.rosters.models import Carer, Guardianship

SEES = {
    Guardianship.Status.ACTIVE: gettext_lazy("sees everything a parent sees"),
    Guardianship.Status.LIMITED: gettext_lazy("sees the hours only"),
    Guardianship.Status.SUSPENDED: gettext_lazy("sees nothing and is told nothing"),
}


class StatusForm(forms.Form):
    status = forms.ChoiceField(label=gettext_lazy("From now on"), choices=SEES, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=[("", ""), *Guardianship.Reason.choices])


def show(request: HttpRequest, link_id: int) -> HttpResponse:
    link = open_guardianship(actor=request.user, link_id=link_id, now=timezone.now())
    form = StatusForm(request.POST or None, initial={"status": link.status})
    if request.method == "POST" and form.is_valid():
        set_guardian_status(actor=request.user, link_id=link_id, **form.cleaned_data)
        messages.success(request, _("It holds from now on. Nobody was told."))
        return redirect("child", link.child_id)
    context = {
        "link": link,
        "carer": Carer.objects.select_related("user").filter(child=link.child_id).first(),
        "form": form,
        "sees": SEES[link.status],
        "reason": dict(Guardianship.Reason.choices).get(link.status_reason, link.status_reason),
    }
    return render(request, "people/guardian.html", context)


@require_POST
def end(request: HttpRequest, carer_id: int) -> HttpResponse:
    """The carer at home is one no more."""
    child = end_carer(actor=request.user, carer_id=carer_id)
    messages.success(request, _("It holds from now on. Nobody was told."))
    return redirect("child", child.pk)
