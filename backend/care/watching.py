"""Ways out of the room: an adult's message waits for a coordinator, a child's is masked where it shows one.

Neither is a judgement of the person. docs/safeguarding.md says what this can't see.
"""

from django.utils.translation import gettext_lazy as _

from backend.care import detection
from backend.care.detection import Kind
from chat.checks import Hold, Mask, Verdict, Words
from chat.models import Event
from chat.models.rooms import MSG
from chat.protocol import Side

NAMES = {
    Kind.PHONE: _("a telephone number"),
    Kind.QQ: _("a QQ number"),
    Kind.WECHAT: _("a name on WeChat"),
    Kind.MAIL: _("an e-mail address"),
    Kind.LINK: _("a link"),
    Kind.OFF_PLATFORM: _("talking somewhere else"),
    Kind.MEETING: _("meeting in person, or where somebody lives"),
    Kind.SECRECY: _("keeping a secret"),
    Kind.PHOTOS: _("photos of somebody"),
}


def named(reason: str) -> str:
    """What a message was held for, in words for people; empty where the seam was given another reason."""
    return str(NAMES[Kind(reason)]) if reason in NAMES else ""


def look_for_contacts(words: Words) -> Verdict:
    # Of a child's words only what can be covered is asked for.
    found = detection.contacts(words.body, _said_before(words), phrases=words.side is Side.MENTOR)
    if not found:
        return None
    if words.side is Side.MENTOR:
        return Hold(found[0].kind)
    body = detection.masked(words.body, found)
    return None if body == words.body else Mask(body)


def details_in(body: str) -> list[str]:
    """The kinds of details in ``body``, in words: in a summary they would be a way out that nobody looks at."""
    found = detection.contacts(body, phrases=False)
    return [named(kind) for kind in dict.fromkeys(each.kind for each in found)]


def _said_before(words: Words) -> list[str]:
    """The sender's last messages, the oldest first; read only where this one could be the end of a number or name."""
    if not detection.may_continue(words.body):
        return []
    earlier = Event.objects.filter(room=words.room, kind=MSG, sender=words.side, body__isnull=False)
    return list(earlier.order_by("-s").values_list("body", flat=True)[: detection.EARLIER])[::-1]
