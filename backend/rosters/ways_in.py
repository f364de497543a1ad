"""Invitations for the people of the roster: one by one, or a file for the class teachers to hand out."""

import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from openpyxl import Workbook

from backend.accounts import invitations
from backend.accounts.access import check_may
from backend.accounts.invitations import NothingToInvite, WayIn, invite, invite_newcomers
from backend.accounts.models import Invitation, User
from backend.ages import rules_at
from backend.audit import log as audit
from backend.errors import NotYours
from backend.notices.kinds import Audience
from backend.notices.kinds import Kind as NoticeKind
from backend.notices.outbox import News, tell
from backend.rosters.export import write_row
from backend.rosters.models import Child, Children, Guardianship, Mentor

Kind = Invitation.Kind
MOST_AT_ONCE = 5000
SHEET = "邀请"
HEADINGS = ["年级", "区县", "学生", "交给", "身份", "邀请码", "链接", "有效期至"]
NOT_SUSPENDED = ~Q(guardianships__status=Guardianship.Status.SUSPENDED)


def invite_person(*, actor: Any, user_id: int) -> WayIn:
    """A day for mentors, two weeks for families. Never for coordinators: whoever holds such a link sets
    their password."""
    check_may(actor, "person", "invite")
    user = people().filter(pk=user_id).first()
    if user is None:
        raise NotYours
    return _invite(actor, user)


@transaction.atomic
def _invite(actor: Any, user: Any) -> WayIn:
    """Never one for a child by its own family."""
    child = Child.objects.filter(user=user).first()
    if child is not None and Child.objects.filter(_own_family(actor), pk=child.pk).exists():
        raise NotYours
    way_in = invite(actor=actor, user=user, kind=_kind_of(user))
    if child is not None:
        _show_ways_in(actor, [child])
    return way_in


def _own_family(actor: Any) -> Q:
    return Q(guardianships__guardian=actor.pk) | Q(carer__user=actor.pk)


def _show_ways_in(actor: Any, children: Iterable[Child]) -> None:
    """Whoever makes a way in for a child could come in as the child: from the age at which its code is its
    own its family sees that in who looked, and its guardians are told at once."""
    now = timezone.now()
    own = {child.pk: child for child in children if rules_at(child.birth_date, now).own_code}
    for child in own.values():
        audit.record(actor, "child.way_in_made", child)
    active = Guardianship.objects.filter(child__in=own, status=Guardianship.Status.ACTIVE)
    told = [
        News(
            person=guardian,
            audience=Audience.FAMILY,
            kind=NoticeKind.PASSWORD_RESET,
            about=f"child:{child}",
            child=child,
            facts={"child": own[child].call_name},
        )
        for child, guardian in active.values_list("child_id", "guardian_id")
    ]
    tell(told, now=now)


def mail_invitation(*, actor: Any, user_id: int) -> None:
    """The same, as a link in an e-mail to the address that the roster has. Raises OSError if it can't be sent."""
    user = people().filter(pk=user_id).first()
    check_may(actor, "person", "invite")
    if user is None:
        raise NotYours
    if not user.email:
        raise NothingToInvite(_("The roster has no e-mail address of this person."))
    way_in = _invite(actor, user)
    with translation.override(user.language):
        body = _(
            "You are invited to Shuangdao. Open this link and choose a password:\n\n%(link)s\n\nIt works once. If "
            "it is no longer valid, ask the coordinator for a new one."
        ) % {"link": f"{settings.SITE_ORIGIN.rstrip('/')}{way_in.link}"}
        send_mail(_("Shuangdao: your invitation"), body + "\n", None, [user.email])


def people() -> QuerySet[User]:
    """Whom a coordinator may invite, with ``mentors``: families of children who take part, and mentors."""
    families = (
        Q(child__active=True)
        | (Q(guardianships__child__active=True) & NOT_SUSPENDED)
        | Q(caring_for__child__active=True)
    )
    mentors = Exists(Mentor.objects.filter(user=OuterRef("pk"), active=True))
    found = User.objects.filter(is_coordinator=False, is_active=True).annotate(mentors=mentors)
    return found.filter(Q(pk__in=User.objects.filter(families).values("pk")) | Q(mentors=True))


def people_and_their_invitations(actor: Any) -> QuerySet[User]:
    """For the list of who has come: each with the end of the newest invitation that is still unused."""
    check_may(actor, "person", "invite")
    newest = Invitation.objects.filter(user=OuterRef("pk"), used_at=None).order_by("-expires_at")
    rows = people().annotate(invited_until=Subquery(newest.values("expires_at")[:1]))
    links = ("child", "guardianships__child", "caring_for__child")
    return rows.prefetch_related(*links).order_by("name", "pk")


def have_come(rows: QuerySet[User], *, come: bool) -> QuerySet[User]:
    """Those who chose a password once, or those who never did."""
    never = Q(("password__startswith", UNUSABLE_PASSWORD_PREFIX))
    return rows.exclude(never) if come else rows.filter(never)


def never_invited(rows: QuerySet[User]) -> QuerySet[User]:
    """Those of them for whom no way in was ever made."""
    return rows.filter(~Exists(Invitation.objects.filter(user=OuterRef("pk"))))


@transaction.atomic
def file_for_teachers(*, actor: Any, children: Children) -> bytes:
    """An XLSX of new invitations for everybody of these families who has not come yet, child by child.

    Ways in for children are shown to their families as when one is made alone; none for the actor's own.
    It holds no telephone numbers and no birth dates: whoever finds a sheet can't get in with it.
    """
    check_may(actor, "person", "invite")
    others = children.filter(active=True).exclude(
        pk__in=Child.objects.filter(_own_family(actor)).values("pk")
    )
    rows = list(_families(others))
    if not rows:
        raise NothingToInvite(_("Everybody of these families has come already."))
    if len(rows) > MOST_AT_ONCE:
        raise NothingToInvite(
            _("That is more than %(most)d people: choose a grade or a district.") % {"most": MOST_AT_ONCE}
        )
    kinds = {user: kind for _child, user, _role, kind in rows}  # a parent of two is invited once
    ways = {way.user: way for way in invite_newcomers(actor=actor, people=kinds.items())}
    _show_ways_in(actor, [child for child, user, _role, _kind in rows if user in ways and user == child.user])
    workbook = Workbook()
    sheet: Any = workbook.active
    sheet.title = SHEET
    write_row(sheet, 1, HEADINGS)
    origin = settings.SITE_ORIGIN.rstrip("/")
    handed = [row for row in rows if row[1] in ways]
    for number, (child, user, role, _kind) in enumerate(handed, start=2):
        way = ways[user]
        until = timezone.localtime(way.expires_at).date().isoformat()
        person = [str(child.grade), child.district.name, child.name, user.name, role]
        write_row(sheet, number, [*person, way.code or "", f"{origin}{way.link}", until])
    for letter, width in zip("ABCDEFGH", (6, 10, 10, 10, 10, 12, 60, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _families(children: Children) -> Iterator[tuple[Child, User, str, Kind]]:
    rows = children.select_related("district", "user", "carer__user__mentor").prefetch_related(
        "guardianships__guardian__mentor"
    )
    for child in rows.order_by("grade", "district__code", "name", "pk"):
        members = [(child.user, "学生本人", Kind.CHILD)]
        links = child.guardianships.all()
        members += [(link.guardian, "家长", Kind.FAMILY) for link in links if link.status != "suspended"]
        if hasattr(child, "carer"):
            members.append((child.carer.user, child.carer.relation or "照护人", Kind.FAMILY))
        for user, role, kind in members:
            # Mentors and coordinators come in by their own, shorter ways.
            own_way = user.is_coordinator or (kind is Kind.FAMILY and hasattr(user, "mentor"))
            if user.is_active and not user.has_usable_password() and not own_way:
                yield child, user, role, kind


def births_of(user: User) -> set[date]:
    """Of the children whose family somebody belongs to: one of these confirms a family's invitation."""
    own = Q(user=user) | Q(carer__user=user)
    guarded = Q(guardianships__guardian=user) & ~Q(guardianships__status=Guardianship.Status.SUSPENDED)
    return set(Child.objects.filter(own | guarded, active=True).values_list("birth_date", flat=True))


def take_up(*, secret: str, password: str, login: str | None, born: date | None, address: str) -> User:
    """As `invitations.take_up`, with what the roster knows of the family."""
    return invitations.take_up(
        secret=secret, password=password, login=login, born=born, births_of=births_of, address=address
    )


def _kind_of(user: Any) -> Kind:
    if user.mentors:
        return Kind.STAFF
    return Kind.CHILD if Child.objects.filter(user=user).exists() else Kind.FAMILY
