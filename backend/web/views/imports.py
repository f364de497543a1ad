"""The roster, in: a file is looked at first, and then taken whole or not at all."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.rosters import imports
from backend.rosters.access import access_upload
from backend.rosters.models import RosterUpload
from backend.rosters.people import set_gone_inactive
from backend.rosters.reading.tables import MOST_BYTES

PER_PAGE = 20


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Roster file"),
        help_text=gettext_lazy("One XLSX workbook with the sheets “children” and “mentors” (学生, 导师)."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            most = MOST_BYTES // 1024**2
            raise forms.ValidationError(_("The file is larger than %(most)d MB.") % {"most": most})
        return file


def index(request: HttpRequest) -> HttpResponse:
    """The files that were brought, newest first, and the form for the next one."""
    check_may(request.user, "roster", "import")
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        upload = imports.check_upload(actor=request.user, file_name=file.name, content=file.read())
        return redirect("import", upload.pk)
    rows = RosterUpload.objects.defer("content", "report").select_related("uploaded_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "imports/index.html", {"form": form, "page": page})


def show(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What was found in a file, and what taking it would change."""
    upload = access_upload(request.user, upload_id)
    context = {
        "upload": upload,
        "gone": any(kind.get("gone") for kind in upload.report["difference"].values()),
    }
    return render(request, "imports/show.html", context)


@require_POST
def take(request: HttpRequest, upload_id: int) -> HttpResponse:
    imports.take_upload(actor=request.user, upload_id=upload_id)
    messages.success(request, _("The file was taken. Everybody in it is in the programme now."))
    return redirect("import", upload_id)


@require_POST
def gone_inactive(request: HttpRequest, upload_id: int) -> HttpResponse:
    """People of the programme who are not in the file take no part in the next round."""
    gone = set_gone_inactive(actor=request.user, upload_id=upload_id)
    count = sum(len(ids) for ids in gone.values())
    messages.success(
        request, _("%(count)d people no longer take part. Nobody was deleted.") % {"count": count}
    )
    return redirect("import", upload_id)
