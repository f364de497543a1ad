"""Who has not come yet, and ways in for them: shown once, sent, or in a file for the class teachers."""

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from backend.accounts.access import check_may
from backend.accounts.models import User
from backend.ages import rules_at
from backend.errors import Refusal
from backend.rosters import ways_in
from backend.rosters.models import Child, District
from backend.web.filters import GRADES, LocalNames
from backend.web.forms import PasswordAgainForm
from backend.web.views.signing import picture_of

PER_PAGE = 50
COME = [
    ("no", gettext_lazy("not come yet")),
    ("uninvited", gettext_lazy("not invited yet")),
    ("invited", gettext_lazy("invited, not come yet")),
    ("yes", gettext_lazy("has come")),
]
KINDS = [
    ("child", gettext_lazy("children")),
    ("family", gettext_lazy("parents and carers")),
    ("mentor", gettext_lazy("mentors")),
]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PeopleFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(
        method="by_words", label=gettext_lazy("Name, or the child's name or number")
    )
    kind = django_filters.ChoiceFilter(
        choices=KINDS, method="by_kind", label=gettext_lazy("Who"), empty_label=gettext_lazy("all")
    )
    come = django_filters.ChoiceFilter(
        choices=COME, method="by_come", label=gettext_lazy("Has come"), empty_label=gettext_lazy("all")
    )

    def by_words(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        children = Child.objects.filter(Q(name__icontains=value) | Q(roster_id__iexact=value))
        family = Q(guardianships__child__in=children) | Q(caring_for__child__in=children)
        return rows.filter(Q(name__icontains=value) | Q(child__in=children) | family).distinct()

    def by_kind(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        if value == "mentor":
            return rows.filter(mentors=True)
        return rows.filter(mentors=False, child__isnull=value != "child")

    def by_come(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        if value == "yes":
            return ways_in.have_come(rows, come=True)
        missing = ways_in.have_come(rows, come=False)
        if value == "no":
            return missing
        uninvited = ways_in.never_invited(missing)
        return uninvited if value == "uninvited" else missing.exclude(pk__in=uninvited.values("pk"))


class FileForm(PasswordAgainForm):
    grade = forms.ChoiceField(
        label=gettext_lazy("Grade"), required=False, choices=[("", gettext_lazy("all")), *GRADES]
    )
    district = LocalNames(
        label=gettext_lazy("District"),
        required=False,
        queryset=District.objects.all(),
        empty_label=gettext_lazy("all"),
    )


def index(request: HttpRequest) -> HttpResponse:
    rows = ways_in.people_and_their_invitations(request.user)
    filtered = PeopleFilter(request.GET or {"come": "no"}, rows)
    page = Paginator(filtered.qs, PER_PAGE).get_page(request.GET.get("page"))
    for user in page:
        user.described = _as_what(user)
    context = {"form": filtered.form, "page": page, "now": timezone.now()}
    return render(request, "invitations/index.html", context)


def _as_what(user: Any) -> str:
    """Words for what somebody is to the programme, from the links that the list has fetched already."""
    if user.mentors:
        return _("mentor")
    if hasattr(user, "child"):
        return _("child, %(number)s") % {"number": user.child.roster_id}
    guarded = [link.child.name for link in user.guardianships.all()]
    if guarded:
        return _("parent of %(names)s") % {"names": _(", ").join(guarded)}
    return _("carer of %(names)s") % {
        "names": _(", ").join(link.child.name for link in user.caring_for.all())
    }


@require_POST
def invite(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new way in: on the screen once, or by e-mail. Earlier unused ones of this person stop working."""
    if "mail" in request.POST:
        try:
            ways_in.mail_invitation(actor=request.user, user_id=user_id)
        except OSError:  # every failure of smtplib and of sockets
            messages.error(request, _("The e-mail could not be sent. Try again in some minutes."))
        else:
            messages.success(request, _("The invitation is on its way by e-mail."))
        return redirect("invitations")
    way_in = ways_in.invite_person(actor=request.user, user_id=user_id)
    link = request.build_absolute_uri(way_in.link)
    context = {"way_in": way_in, "link": link, "picture": picture_of(link), "own": _own_code(way_in.user)}
    return render(request, "invitations/made.html", context)


def file_for_teachers(request: HttpRequest) -> HttpResponse:
    """New invitations for all who have not come, for the password once more."""
    check_may(request.user, "person", "invite")
    form = FileForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        children = Child.objects.all()
        if form.cleaned_data["grade"]:
            children = children.filter(grade=form.cleaned_data["grade"])
        if form.cleaned_data["district"]:
            children = children.filter(district=form.cleaned_data["district"])
        try:
            content = ways_in.file_for_teachers(actor=request.user, children=children)
        except Refusal as refused:
            form.add_error(None, str(refused))
        else:
            headers = {"Content-Disposition": 'attachment; filename="invitations.xlsx"'}
            return HttpResponse(content, content_type=XLSX, headers=headers)
    return render(request, "invitations/file.html", {"form": form})


def _own_code(user: User) -> bool | None:
    """Whether the password is the child's alone at its age; None for who is no child of the programme."""
    child = Child.objects.filter(user=user).first()
    return rules_at(child.birth_date, timezone.now()).own_code if child else None
