"""Writing the log. Called inside the transaction of the act that it records."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.utils import timezone

from backend.audit.models import Entry, Head

FIRST_HASH = hashlib.sha256(b"shuangdao").hexdigest()


def record(actor: Any, action: str, about: models.Model | None = None, **facts: Any) -> Entry:
    """Appends one entry; raises RuntimeError outside a transaction, where the act could stay unrecorded.

    actor: the user, or None for the system.  facts: JSON values, nothing personal.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record belongs into the transaction of the act it records")
    head, _ = Head.objects.select_for_update().get_or_create(id=1, defaults={"hash": FIRST_HASH})
    entry = Entry(
        number=head.number + 1,
        at=timezone.now(),
        actor_id=None if actor is None else actor.pk,
        action=action,
        object_type="" if about is None else about._meta.label_lower,
        object_id="" if about is None else str(about.pk),
        facts=facts,
        previous_hash=head.hash,
    )
    entry.hash = chained_hash(
        entry.previous_hash,
        number=entry.number,
        at=entry.at,
        actor_id=entry.actor_id,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        facts=entry.facts,
    )
    entry.save(force_insert=True)
    head.number, head.hash = entry.number, entry.hash
    head.save(update_fields=["number", "hash"])
    return entry


def chained_hash(previous: str, *, at: datetime, **row: Any) -> str:
    """SHA-256 over the previous hash and the canonical JSON of the row."""
    text = json.dumps({**row, "at": at.isoformat()}, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
