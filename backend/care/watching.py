"""Ways out of the room: an adult's message waits for a coordinator, a child's is masked where it shows one.

Neither is a judgement of the person. docs/architecture.md says what this can't see.
"""

from backend.care import detection
from chat.checks import Hold, Mask, Verdict, Words
from chat.models import Event
from chat.models.rooms import MSG
from chat.protocol import Side


def look_for_contacts(words: Words) -> Verdict:
    found = detection.contacts(words.body, _said_before(words))
    if not found:
        return None
    if words.side is Side.MENTOR:
        return Hold(found[0].kind)
    body = detection.masked(words.body, found)
    return None if body == words.body else Mask(body)


def _said_before(words: Words) -> list[str]:
    """The sender's last messages, the oldest first; read only where this one could be the end of a number or name."""
    if not detection.may_continue(words.body):
        return []
    earlier = Event.objects.filter(room=words.room, kind=MSG, sender=words.side, body__isnull=False)
    return list(earlier.order_by("-s").values_list("body", flat=True)[: detection.EARLIER])[::-1]
