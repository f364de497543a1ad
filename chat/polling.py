"""What is asked every second of all that is open here: only what is not as this process knows it comes back."""

from collections.abc import Iterable
from hashlib import md5

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session as SignIn
from django.db import connection
from django.utils import timezone

from chat.models import Room, Session
from chat.statements import STOPPED, as_table, these
from matching.models import Pairing

SignedIn = tuple[str, int, str]  # the key of the session, the person, their proof


def proof_of(password: str, sign_outs: int) -> str:
    """Another one whenever the sessions of before are over; of the hash that is stored, as `lapsed` makes it."""
    return md5(f"{password} {sign_outs}".encode(), usedforsecurity=False).hexdigest()


def changed_rooms(known: Iterable[tuple[int, int, int]]) -> list[int]:
    """known: room, newest number, stamp. Those of which there is more, and those where nobody may be."""
    table, rows = as_table({"id": "bigint", "last_s": "bigint", "stamp": "bigint"}, known)
    sql = f"""
        SELECT room.id FROM {table} JOIN {Room._meta.db_table} room ON room.id = r.id
        JOIN {Pairing._meta.db_table} pairing ON pairing.id = room.pairing_id
        WHERE room.last_s > r.last_s OR room.stamp > r.stamp
        OR room.ended_at IS NOT NULL OR pairing.ended_at IS NOT NULL
        OR {STOPPED}
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, rows)
        return [room for (room,) in cursor.fetchall()]


def lapsed(sign_ins: Iterable[SignedIn]) -> set[str]:
    """The sessions that have ended or expired, and those of people who are disabled, have another password
    or signed out everywhere.
    """
    table, rows = as_table({"session": "text", "person": "bigint", "proof": "text"}, sign_ins)
    sql = f"""
        SELECT r.session FROM {table}
        LEFT JOIN {SignIn._meta.db_table} held ON held.session_key = r.session AND held.expire_date > %s
        LEFT JOIN {get_user_model()._meta.db_table} person ON person.id = r.person AND person.is_active
            AND MD5(person.password || ' ' || person.sign_outs) = r.proof
        WHERE held.session_key IS NULL OR person.id IS NULL
    """  # noqa: S608
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [*rows, now])
        return {session for (session,) in cursor.fetchall()}


def due_ticks(rooms: Iterable[int]) -> list[int]:
    """Rooms whose session has a deadline that has passed."""
    found = Session.objects.filter(
        room__in=these(rooms, "bigint"), ended_at=None, next_tick_at__lte=timezone.now()
    )
    return list(found.values_list("room", flat=True))
