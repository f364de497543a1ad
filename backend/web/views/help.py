"""Help: a page that answers without session and database, and what a child does from it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from backend.care import alerts, hotlines, routing
from backend.care.helping import Card, card_for, told_in
from backend.care.worries import is_anybody_online, may_follow
from backend.errors import NotYours
from backend.rosters.models import Carer, Child
from backend.web.appearance import appearance_of
from backend.web.care_forms import TellForm
from backend.web.saying import teacher
from backend.web.templatetags.shuangdao import ROLES
from chat.access import children_of_family
from chat.endpoint import LANGUAGE_COOKIE
from chat.models import Room

# What these two are called is said on the button, the name beside it says when.
WHO_COMES = {"110": gettext_lazy("Police"), "120": gettext_lazy("Ambulance")}


def show(request: HttpRequest) -> HttpResponse:
    """Called before session and sign-in, see HelpMiddleware: it asks neither, nor the database."""
    return page(request)


def page(request: HttpRequest, *, failed: bool = False) -> HttpResponse:
    """failed: the asking could not be kept. Then it says that nobody was told, and whom to ring."""
    with translation.override(_language(request)):
        context = {"numbers": numbers(), "failed": failed, "csrf_token": get_token(request)}
        context["appearance"] = appearance_of(request)
        text = render_to_string("help/help.html", context)
    return HttpResponse(text, status=503 if failed else 200)


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed, the database perhaps: from here too Help is one tap away, and asks nothing of it."""
    with translation.override(_language(request)):
        return HttpResponse(render_to_string("500.html", {"appearance": appearance_of(request)}), status=500)


def _language(request: HttpRequest) -> str:
    """Chosen in this browser: what the person chose stands in the database."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def numbers() -> list[dict[str, Any]]:
    """In the reader's language, as the file has them."""
    chinese = (translation.get_language() or "").startswith("zh")
    return [
        {
            "number": row["number"],
            "who": WHO_COMES.get(row["number"], ""),
            "name": row["name"] if chinese or not row["name_en"] else row["name_en"],
            "confirmed_on": parse_date(row["confirmed_on"] or ""),
        }
        for row in hotlines.numbers()
    ]


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """The second tap: somebody is called. Who is not signed in does that first, and finds Help again."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("help"))
    alerts.ask_for_help(actor=request.user)
    return redirect("help_now")


def now(request: HttpRequest) -> HttpResponse:
    """Who comes. The card asks again by itself, the whole page is there without scripts too."""
    child = _own(request)
    context = {"child": child, "numbers": numbers(), **card(child)}
    return render(
        request, "help/card.html" if request.headers.get("Asks-Again") else "help/now.html", context
    )


def card(child: Child) -> dict[str, Any]:
    found: Card = card_for(child, timezone.now())
    names = {"who": found.who, "passer": found.passed_on_by}
    return {"card": found, **{part: teacher(name) if name else "" for part, name in names.items()}}


@require_POST
def slip(request: HttpRequest) -> HttpResponse:
    """没事了，点错了: whoever was called reads it."""
    alerts.say_it_was_a_slip(actor=request.user)
    return redirect("help_now")


def report(request: HttpRequest) -> HttpResponse:
    return redirect("tell", _own(request).pk)


def stop(request: HttpRequest) -> HttpResponse:
    return redirect("stop", _own(request).pk)


def _own(request: HttpRequest) -> Child:
    child = Child.objects.filter(user=request.user.pk, active=True).first()
    if child is None:
        raise NotYours
    return child


@require_GET
def offered(request: HttpRequest, room_id: int) -> HttpResponse:
    """Asked by the child's room when it opens and after words went out: Help by itself, for what was just said and
    while what was said waits; and who has taken it, asked again while that stands. 204 where the room shows it already.
    """
    just_said = routing.take_help_card(actor=request.user, room_id=room_id)
    room = Room.objects.select_related("pairing").get(pk=room_id)
    told = told_in(room)
    if not just_said and told.mark and told.mark == request.GET.get("shown"):
        return HttpResponse(status=204)
    context = {"room": room, "told": told, "who": teacher(told.who) if told.who else ""}
    context["offers"] = (just_said or told.waits) and not told.who
    return render(request, "help/offered.html", context)


def tell(request: HttpRequest, child_id: int) -> HttpResponse:
    """A worry, or a report of somebody, from a mentor, a guardian or the child itself."""
    child = alerts.access_child_to_tell(request.user, child_id)
    is_child = child.user_id == request.user.pk
    in_family = child in children_of_family(request.user)
    form = TellForm(
        request.POST or None,
        people=_with_parts(request, child),
        is_child=is_child,
        in_family=in_family,
        initial={"kind": "report"} if is_child else None,  # the way here is a button that says so
    )
    if request.method == "POST" and form.is_valid():
        alerts.tell_those_on_duty(actor=request.user, child_id=child_id, **form.cleaned_data)
        if is_child:
            messages.success(
                request,
                _("Thank you for telling us. Somebody is looking after it. You were right to say it."),
            )
        else:
            _thank(request, form.cleaned_data["kind"], child_id)
        return redirect("home")
    context = {"child": child, "form": form, "is_child": is_child}
    if is_child:
        context["up"] = reverse("help")
    else:
        context |= {
            "online": is_anybody_online(request.user, timezone.now()),
            "follows": may_follow(request.user, child_id),
            "numbers": numbers(),
        }
    return render(request, "help/tell.html", context)


def _thank(request: HttpRequest, kind: str, child_id: int) -> None:
    """Says no more than is so: that it is kept and who is told, not that anybody has it."""
    if kind == "report":
        said = _("Thank you. It is kept, and the safeguarding leads are being told: nobody else reads it.")
    elif may_follow(request.user, child_id):
        said = _(
            "Thank you. It is kept, and those on duty are being called. Your first page says who takes it."
        )
    else:
        said = _("Thank you. It is kept, and those on duty are being called.")
    messages.success(request, said)


def _with_parts(request: HttpRequest, child: Child) -> list[tuple[int, str]]:
    """Whom one can name, each with what they are to the child: a family knows few of them by the whole name."""
    words = ROLES | {
        "former": _("a mentor before"),
        "guardian": _("parent or guardian"),
        "carer": _("with the child at home"),
    }
    carer = Carer.objects.filter(child=child).first()
    if carer and carer.relation:  # 奶奶 says more than what she is to the programme
        words["carer"] = carer.relation
    parts = alerts.parts_around(child)
    return [
        (pk, _("%(name)s (%(apart)s)") % {"name": name, "apart": words[parts[pk]]})
        for pk, name in alerts.people_to_name(request.user, child).values_list("pk", "name")
    ]
