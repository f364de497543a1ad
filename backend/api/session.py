"""Signing in and out, and who is signed in."""

from typing import Any

from django.contrib.auth import authenticate
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import sign_in, sign_outs
from backend.accounts.access import programme_relations
from backend.api.describing import told
from backend.errors import NOT_SIGNED_IN, Refusal
from backend.policy import Relation
from backend.rosters.models import Carer, Child, Guardianship, Mentor
from backend.rosters.standing import standing_of

ROLES = (
    ("coordinator", "coordinator"),
    ("lead", "safeguarding lead"),
    ("mentor", "mentor"),
    ("child", "child"),
    ("guardian", "guardian"),
    ("carer", "carer"),
)


class WrongPassword(Refusal):
    """Unknown names, wrong passwords and disabled accounts look alike."""

    kind, code = NOT_SIGNED_IN, "session.wrong_password"


class CodeNeeded(Refusal):
    """facts["step"]: app (a code of the app, or a recovery code), mail, or set_up (only on the site)."""

    kind, code = NOT_SIGNED_IN, "session.code_needed"


class SignInIn(serializers.Serializer[Any]):
    login = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class CodeIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)


class MeOut(serializers.Serializer[Any]):
    """child and mentor are the person's own row of the roster; children those that they are guardian of."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    language = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES))
    child = serializers.IntegerField(allow_null=True)
    mentor = serializers.IntegerField(allow_null=True)
    children = serializers.ListField(child=serializers.IntegerField())


class SessionOut(serializers.Serializer[Any]):
    """Send csrf_token back as X-CSRFToken with everything that changes something. It changes at sign-in."""

    csrf_token = serializers.CharField()
    me = MeOut(allow_null=True)


def me_of(user: Any) -> dict[str, Any]:
    """The person and what they are here."""
    found = programme_relations(user)
    child = Child.objects.filter(user_id=user.pk).values_list("pk", flat=True).first()
    mentor = Mentor.objects.filter(user_id=user.pk).values_list("pk", flat=True).first()
    links = Guardianship.objects.filter(guardian_id=user.pk).exclude(status="suspended")
    guarded = sorted(links.values_list("child_id", flat=True))
    holds = {
        "coordinator": Relation.COORDINATOR in found,
        "lead": Relation.LEAD in found,
        "mentor": mentor is not None,
        "child": child is not None,
        "guardian": bool(guarded),
        "carer": Carer.objects.filter(user_id=user.pk).exists(),
    }
    return {
        "id": user.pk,
        "name": user.name,
        "language": user.language,
        "roles": [role for role, holding in holds.items() if holding],
        "child": child,
        "mentor": mentor,
        "children": guarded,
    }


def session_of(request: Request) -> Response:
    me = me_of(request.user) if request.user.is_authenticated else None
    response = Response({"csrf_token": get_token(request._request), "me": me})
    response["Cache-Control"] = "no-store"
    return response


def left() -> Response:
    response = Response(status=204)
    sign_outs.leave_nothing(response)
    return response


@extend_schema(tags=["session"])
class Session(APIView):
    """The session of this browser."""

    permission_classes = (AllowAny,)

    @told("Who is signed in, and the CSRF token", SessionOut, refusals=(), operation_id="session_read")
    def get(self, request: Request) -> Response:
        return session_of(request)

    @told(
        "Sign in", SessionOut, takes=SignInIn, refusals=(400, 401, 403, 429), operation_id="session_sign_in"
    )
    def post(self, request: Request) -> Response:
        """Answered with session.code_needed, the password was right and a code is due in this session."""
        # REST framework asks for the token only of those signed in already; signing somebody in
        # behind their back is an attack too.
        SessionAuthentication().enforce_csrf(request)
        given = SignInIn(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(
            request._request,
            username=given.validated_data["login"],
            password=given.validated_data["password"],
        )
        if user is None:
            raise WrongPassword(_("This name and password don't belong together."))
        step = sign_in.begin(request._request, user, standing_of(user))
        if step is not None:
            raise CodeNeeded(_("A code is needed besides."), step=step)
        request.user = user
        return session_of(request)

    @told(
        "Finish signing in with a code",
        SessionOut,
        takes=CodeIn,
        refusals=(400, 401, 403, 429),
        operation_id="session_finish",
    )
    def patch(self, request: Request) -> Response:
        SessionAuthentication().enforce_csrf(request)
        given = CodeIn(data=request.data)
        given.is_valid(raise_exception=True)
        found = sign_in.pending(request._request)
        if found is not None and found[1] is sign_in.Step.SET_UP:
            raise CodeNeeded(_("Set up the app with codes on the site first."), step=found[1])
        sign_in.finish(request._request, given.validated_data["code"])
        request.user = request._request.user
        return session_of(request)

    @told("Sign out", status=204, refusals=(403,), operation_id="session_sign_out")
    def delete(self, request: Request) -> Response:
        sign_outs.sign_out(request._request)
        return left()


@extend_schema(tags=["session"])
class Sessions(APIView):
    """All sessions of the person who asks."""

    @told("Sign out everywhere", status=204, refusals=(401, 403), operation_id="sessions_sign_out")
    def delete(self, request: Request) -> Response:
        """On every machine, this one too; open sockets are closed."""
        sign_outs.sign_out_everywhere(actor=request.user)
        return left()


@extend_schema(tags=["session"])
class Me(APIView):
    """The person who asks."""

    @told("The person who asks, and what they are here", MeOut, refusals=(401,), operation_id="me_read")
    def get(self, request: Request) -> Response:
        return Response(me_of(request.user))
