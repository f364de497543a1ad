"""The gate for rooms, meetings and their log. Rights follow from pairings and guardianships as they are now."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from backend import policy
from backend.accounts.access import may, programme_relations
from backend.errors import ENDED, NOT_NOW, NotYours, Refusal
from backend.policy import Relation
from backend.rosters.access import ABSENT
from backend.rosters.models import Child, Guardianship
from backend.rosters.surnames import teacher
from chat.models import Event, HandOver, Meeting, Room, Summary
from chat.models.meetings import Meetings
from chat.models.rooms import Rooms
from chat.opening import opened_to
from chat.protocol import EventKind, Side
from chat.reading_along import reader_of, readers_now
from chat.rules.meetings import JUDGEMENTS
from chat.sealing import named_about, wholly_sealed
from matching.cards import mentor_relation
from matching.models import EndReason, Pairing, Role

CHILD_FIRST = timedelta(hours=24)  # a wellbeing summary is the child's alone for so long
GUARDS = Guardianship.Status
LEAVES_NOTE = timedelta(days=14)  # after the end of a pairing
ABSENT_ROOM = Room(pk=0)  # stands in for one that is not there


class RoomEnded(Refusal):
    kind, code = ENDED, "room.ended"


class RoomFrozen(Refusal):
    kind, code = NOT_NOW, "room.frozen"


def relations_in_room(user: Any, room: Room | None) -> set[Relation]:
    """What this person is to the conversation: one of the two, a guardian who reads along, or
    somebody to whom it is open in an emergency.

    None is an absent room: nobody is anything to it, and it takes the same queries as somebody else's.
    """
    if not user.is_authenticated or not user.is_active:
        return set()
    side = room and room.side_of(user)
    if room and side is Side.CHILD:
        return {Relation.CHILD}
    if room and side is Side.MENTOR:
        return {mentor_relation(room.pairing.role)}
    if reader_of(user, room or ABSENT_ROOM, timezone.now()):
        return {Relation.READER}
    return {Relation.EMERGENCY_READER} if opened_to(user, room or ABSENT_ROOM) else set()


def relations_to_child(user: Any, child: Child) -> set[Relation]:
    """What follows from the account, from being or guarding this child, from caring for it."""
    relations = programme_relations(user)
    if not user.is_authenticated or not user.is_active:
        return relations
    if child.user_id == user.pk:
        relations.add(Relation.CHILD)
    status = Guardianship.objects.filter(child=child, guardian=user).values_list("status", flat=True).first()
    if status == Guardianship.Status.ACTIVE:
        relations.add(Relation.GUARDIAN)
    elif status == Guardianship.Status.LIMITED:
        relations.add(Relation.LIMITED_GUARDIAN)
    cares = Child.objects.filter(pk=child.pk, carer__user=user).exists()
    if cares and status != Guardianship.Status.SUSPENDED:
        relations.add(Relation.CARER)
    return relations


def reading_relations(user: Any, child: Child) -> set[Relation]:
    """The same for what is read about the child: whoever is of the family reads as family, whatever else they are."""
    relations = relations_to_child(user, child)
    if family_of(user).filter(pk=child.pk).exists():
        relations -= {Relation.COORDINATOR, Relation.LEAD}
    return relations


def relations_to_pairing(
    user: Any, pairing: Pairing | None, base: set[Relation] | None = None
) -> set[Relation]:
    """To one pairing and its meetings. A mentor whose pairing has ended is nothing to it any more.

    base: `relations_to_child`, where it is known already.
    None is an absent pairing, which takes the same queries as somebody else's.
    """
    if pairing is None:
        relations_to_child(user, ABSENT)
        return set()
    relations = relations_to_child(user, pairing.child) if base is None else set(base)
    signed_in = user.is_authenticated and user.is_active
    if signed_in and pairing.ended_at is None and pairing.mentor.user_id == user.pk:
        relations.add(mentor_relation(pairing.role))
    return relations


def looks_after(user: Any, child: Child) -> bool:
    """Whether this person is the child's wellbeing mentor now, who reads the academic log too."""
    if not user.is_authenticated or not user.is_active:
        return False
    return Pairing.objects.live().filter(child=child, role=Role.WELLBEING, mentor__user=user).exists()


def access_room(actor: Any, room_id: int, action: str = "read") -> Room:
    """The room with its people, or NotYours whether it is missing or forbidden.

    To enter it must be alive besides: RoomEnded and RoomFrozen are told only to the two whose room it is.
    """
    rooms = Room.objects.to_enter() if action == "enter" else Room.objects.with_people()
    room = rooms.filter(pk=room_id).first()
    relations = relations_in_room(actor, room)
    if room is None or not policy.allows("room", action, relations):
        raise NotYours
    if action != "read":
        if room.ended:
            raise RoomEnded(_("This room has ended."))
        if action == "enter" and room.frozen:
            raise RoomFrozen(_("This room is frozen."))
    return room


def rooms_for(actor: Any) -> Rooms:
    """The live rooms in which this person is one of the two."""
    rooms = Room.objects.with_people().live()
    if not actor.is_authenticated or not actor.is_active:
        return rooms.none()
    return rooms.filter(Q(pairing__child__user=actor) | Q(pairing__mentor__user=actor)).order_by(
        "pairing__child__call_name", "pairing__role", "pk"
    )


def access_meeting(actor: Any, meeting_id: int, action: str = "read") -> Meeting:
    """The meeting with its pairing, or NotYours."""
    meeting = (
        Meeting.objects.with_met()
        .select_related("pairing__child__user", "pairing__mentor__user", "pairing__room")
        .filter(pk=meeting_id)
        .first()
    )
    relations = relations_to_pairing(actor, meeting and meeting.pairing)
    if meeting is None or not policy.allows("meeting", action, relations):
        raise NotYours
    return meeting


def access_pairing(actor: Any, pairing_id: int, resource: str, action: str) -> Pairing:
    """A pairing for something about its meetings, or NotYours."""
    pairing = (
        Pairing.objects.select_related("child__user", "mentor__user", "room").filter(pk=pairing_id).first()
    )
    relations = relations_to_pairing(actor, pairing)
    if pairing is None or not policy.allows(resource, action, relations):
        raise NotYours
    return pairing


def lately_ended(now: datetime) -> QuerySet[Pairing]:
    """Pairings for whose next mentor a note may still be left: not where the family withdrew."""
    ended = Pairing.objects.filter(ended_at__gt=now - LEAVES_NOTE)
    return ended.exclude(end_reason=EndReason.CONSENT_WITHDRAWN)


def access_outgoing(actor: Any, pairing_id: int, now: datetime) -> Pairing:
    """A pairing that ended lately, for whoever may leave a note for the child's next mentor; or NotYours."""
    found = lately_ended(now).select_related("child", "mentor").filter(pk=pairing_id).first()
    signed_in = actor.is_authenticated and actor.is_active
    own = found is not None and signed_in and found.mentor.user_id == actor.pk
    relations = {Relation.OUTGOING_MENTOR} if own else set()
    if found is None or not policy.allows("hand_over", "write", relations):
        raise NotYours
    return found


def hand_over_for(actor: Any, pairing: Pairing) -> HandOver | None:
    """The newest note from this child's mentors in this role, this one's own or of before, if the actor may read it.

    Not what was written by somebody whom something sealed about the child names: until that is released, nobody
    gives their words on.
    """
    relations = programme_relations(actor) if reads_as_staff(actor, pairing.child) else set()
    signed_in = actor.is_authenticated and actor.is_active
    if signed_in and pairing.ended_at is None and pairing.mentor.user_id == actor.pk:
        relations.add(mentor_relation(pairing.role))
    if not policy.allows("hand_over", "read", relations):
        return None
    of_these = Q(pairing=pairing) | Q(pairing__ended_at__lte=pairing.started_at)
    notes = HandOver.objects.filter(of_these, pairing__child=pairing.child_id, pairing__role=pairing.role)
    note = notes.select_related("pairing__mentor__user").order_by("-pairing__ended_at", "-pk").first()
    if note is None:
        return None
    named = Child.objects.filter(named_about(note.pairing.mentor.user), pk=pairing.child_id)
    return None if named.exists() else note


def children_of_family(actor: Any) -> list[Child]:
    """Active children whose meetings this person may see as guardian or carer."""
    if not actor.is_authenticated or not actor.is_active:
        return []
    theirs = Child.objects.filter(active=True).filter(Q(guardianships__guardian=actor) | Q(carer__user=actor))
    return [
        child
        for child in theirs.distinct()
        if policy.allows("meeting", "read", relations_to_child(actor, child))
    ]


def meetings_for(actor: Any) -> Meetings:
    """Meetings that this person may see: all for those who may list them, else of their live pairings.

    A mentor their own; a child and its guardians those of the child. A carer, and a guardian who sees the
    schedule only, are not told how one was judged: theirs are those that are to come or were cancelled. No more
    is told to those of the staff who do not read the child's log as staff (`reads_as_staff`), unless the family may know it.
    """
    meetings = (
        Meeting.objects.with_met()
        .select_related("pairing__child", "pairing__mentor", "pairing__subject", "pairing__room")
        .order_by("start", "pk")
    )
    if not actor.is_authenticated or not actor.is_active:
        return meetings.none()
    own = Q(mentor__user=actor) | Q(child__user=actor) | Q(child__in=guarded_by(actor, GUARDS.ACTIVE))
    cares = Q(child__carer__user=actor) & ~Q(child__in=guarded_by(actor, GUARDS.SUSPENDED))
    schedule = cares | Q(child__in=guarded_by(actor, GUARDS.LIMITED))
    judged = Q(state__in=JUDGEMENTS)
    theirs = (own | (schedule & ~judged)) & Q(pairing__ended_at=None)
    if may(actor, "meeting", "list"):
        not_as_staff = Q(child__in=family_of(actor)) | Q(child__in=kept_from(actor))
        return meetings.filter(theirs | ~not_as_staff | ~judged)
    return meetings.filter(theirs)


def summaries_for(actor: Any, now: datetime) -> QuerySet[Summary]:
    """The newest version of every summary that this person may read."""
    same = Q(session=OuterRef("session")) | Q(elsewhere=OuterRef("elsewhere"))
    newer = Summary.objects.filter(same, version__gt=OuterRef("version"))
    about = Coalesce("session__room__pairing", "elsewhere__room__pairing")
    rows = Summary.objects.exclude(Exists(newer)).annotate(about=about).order_by("-written_at", "-pk")
    sealed = wholly_sealed().filter(
        Q(room__pairing__child__in=family_of(actor))
        | (Q(room__pairing__child__in=named_as_mentor(actor)) & ~Q(room__pairing__mentor__user=actor.pk))
    )
    elsewhere = Pairing.objects.filter(child__in=kept_from(actor)).exclude(mentor__user=actor.pk)
    rows = rows.exclude(session__in=sealed).exclude(about__in=elsewhere)
    if not actor.is_authenticated or not actor.is_active:
        return rows.none()
    live = Pairing.objects.live().filter(mentor__user=actor)
    looks_after = live.filter(role=Role.WELLBEING).values("child")
    guarded = Pairing.objects.filter(child__in=guarded_by(actor, GUARDS.ACTIVE))
    early = Pairing.objects.filter(
        Q(pk__in=live) | Q(child__user=actor) | Q(role=Role.ACADEMIC, child__in=looks_after)
    )
    # A wellbeing summary is the child's alone for a while.
    late = Q(about__in=guarded, written_at__lte=now - CHILD_FIRST)
    at_once = Q(about__in=guarded.filter(role=Role.ACADEMIC))
    own = Q(about__in=early) | at_once | late
    if may(actor, "summary", "list"):
        own |= ~Q(about__in=Pairing.objects.filter(child__in=family_of(actor)))
    return rows.filter(own)


def guarded_by(actor: Any, status: str) -> QuerySet[Any]:
    """Children of whom this person is guardian in this way."""
    return Guardianship.objects.filter(guardian=actor, status=status).values("child")


def family_of(actor: Any) -> QuerySet[Child]:
    """Children of whose family this person is, whatever their standing there."""
    return Child.objects.filter(Q(guardianships__guardian=actor.pk) | Q(carer__user=actor.pk))


def own_rooms(actor: Any) -> Rooms:
    """Rooms about which this person decides nothing, whatever else they are: they are one of the two, or of
    the child's family.
    """
    two = Q(pairing__mentor__user=actor.pk) | Q(pairing__child__user=actor.pk)
    return Room.objects.filter(two | Q(pairing__child__in=family_of(actor).values("pk")))


def kept_from(actor: Any) -> QuerySet[Child]:
    """Children of whom something sealed names this person of the staff, who then reads of nobody's time with them.

    For the family, and for a mentor of the child, sealing is enough: their log must not change.
    """
    named = Child.objects.filter(named_about(actor)).exclude(pk__in=family_of(actor))
    return named.exclude(pk__in=_mentored_by(actor))


def reads_as_staff(actor: Any, child: Child) -> bool:
    """Whether the pages of the staff tell this person how the child's meetings went: neither of their own
    family, nor one that is kept from them.
    """
    return not any(of(actor).filter(pk=child.pk).exists() for of in (family_of, kept_from))


def named_as_mentor(actor: Any) -> QuerySet[Child]:
    """Children whose mentor this person is, and of whom something sealed names them: they see no trace of
    it in the log of the other mentor, and all else as before.
    """
    return Child.objects.filter(named_about(actor), pk__in=_mentored_by(actor))


def is_named(actor: Any, child: Child) -> tuple[bool, bool]:
    """Whether the child is one of `kept_from`, and of `named_as_mentor`, in one query."""
    ways = [Exists(of(actor).filter(pk=OuterRef("pk"))) for of in (kept_from, named_as_mentor)]
    found = Child.objects.filter(pk=child.pk).annotate(kept=ways[0], mentor=ways[1])
    return found.values_list("kept", "mentor").first() or (False, False)


def _mentored_by(actor: Any) -> QuerySet[Any]:
    return Pairing.objects.live().filter(mentor__user=actor.pk).values("child")


def readers_of(room: Room) -> tuple[str, ...]:
    """Who can read this room, as the room shows it: from the same rights as everything else."""
    parents = len(readers_now(room, timezone.now()))
    return readers_in_words(room.pairing.mentor.name, room.pairing.child.call_name, parents)


def readers_in_words(mentor: str, child: str, parents: int) -> tuple[str, ...]:
    along = (parents_in_words(child, parents),) if parents else ()
    # Stands in every room, whether or not anybody ever read it so.
    emergency = _("in an emergency those in charge of the programme (each time on record)")
    return (teacher(mentor), child, *along, emergency)


def parents_in_words(child: str, number: int) -> str:
    words = {1: _("a parent of %(child)s"), 2: _("two parents of %(child)s")}
    return words.get(number, _("%(number)d parents of %(child)s")) % {"child": child, "number": number}


def beginning_of(actor: Any, room: Room) -> tuple[int, datetime | None]:
    """From which number, and from when on, this guardian reads along: since the room has shown it.

    No time where that was from its first day on. NotYours for who does not read along.
    """
    reader = reader_of(actor, room, timezone.now())
    if reader is None or reader.from_s is None:
        raise NotYours
    shown = Event.objects.filter(room=room, s=reader.from_s, kind=EventKind.READERS_CHANGED).first()
    return reader.from_s, shown and shown.at
