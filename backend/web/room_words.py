"""What a room's page says by itself, and what it offers to say."""

from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from backend.care.detection import COVER
from backend.web.bands import Band
from backend.web.context import help_label
from backend.web.saying import OCLOCK, PARTS
from backend.web.templatetags.shuangdao import WEEKDAYS
from chat.access import parents_in_words, readers_in_words
from chat.models import Room
from chat.protocol import Side

MOST_GUARDIANS = 4
# For the smallest, who write slowly: a picture, and the ordinary message that it sends.
PHRASES = [
    ("circle-check-big", gettext_lazy("I am done")),
    ("circle-question-mark", gettext_lazy("I can't do it")),
    ("clock", gettext_lazy("Wait a moment")),
    ("moon", gettext_lazy("I want to rest")),
    ("smile", gettext_lazy("I am happy")),
    ("frown", gettext_lazy("I am sad")),
    ("users-round", gettext_lazy("A grown-up is with me")),
    ("hand", gettext_lazy("Goodbye")),
]
# Said alone they raise no alarm; the page offers Help for them, and tells nobody. Without spaces and marks.
SAD = ["我难过", "我很难过", "我好难过", "难过", "我想哭", "我不开心", "iamsad", "imsad"]
# Codes of the subjects in whose rooms there are signs to touch.
RECKONS = {"math", "physics", "chemistry", "biology", "science"}
SIGNS = [
    "+",
    "−",
    "×",
    "÷",
    "=",
    "≠",
    "≈",
    "<",
    ">",
    "≤",
    "≥",
    "±",
    "½",
    "⅓",
    "¼",
    "¾",
    "%",
    "°",
    "²",
    "³",
    "√",
    "π",
    "∠",
    "△",
    "⊥",
    "∥",
    "∵",
    "∴",
]


def words(other: str, you: Side, band: Band) -> dict[str, Any]:
    """What the page says by itself; %s is filled in there."""
    is_child = you is Side.CHILD
    is_small = is_child and band is Band.SMALL
    return {
        "me": _("I said:"),
        "them": _("%(name)s said:") % {"name": other},
        "presence": {"here": _("here now"), "away": _("not here")},
        "closes": {
            "4401": _("You are signed out. Please sign in again."),
            "4403": _("Nobody can write in this room at the moment. If you need somebody, touch Help above.")
            if is_child
            else _("Nobody can write in this room at the moment. Please ask the coordinator."),
            "4404": _("This room was not found."),
            "4409": _("This room is open in too many places. Touch here to go on in this one."),
            "4410": _("This pairing has ended. The room can still be read."),
            "other": _("The connection has ended. Please open this page again."),
        },
        # A spoken hour has no place beside Help on a telephone; it stands in the log.
        "meeting": _("together now") if is_small else _("together since %s"),
        "warn": _("Nobody has said anything for a while: the meeting ends by itself at %s."),
        "connecting": _("Connecting …"),
        "offline": _("There is no network just now. What you write is kept and will be sent by itself."),
        "reconnecting": _(
            "The connection is lost; trying again. What you write is kept and will be sent by itself."
        ),
        "back": _("Connected again."),
        "sending": _("waiting to be sent"),
        "waiting": _("A coordinator will look at this before it is sent."),
        "refused": _("This was not sent."),
        "unshown": _("A message of yours"),
        "cover": COVER * 2,  # no number, or rest of one, is shorter
        "masked": _("Contact details were hidden.")
        if is_child
        else _("Contact details that the child wrote: they are covered for everybody."),
        "sad": SAD,
        "redacted": _("This was taken away."),
        "read": _("seen by the mentor"),
        "unread": _("New words from here on"),
        "usually": _(
            "%(mentor)s is usually here on %%s. What you say is kept. If you can't wait, touch “%(help)s” above."
        )
        % {"mentor": other, "help": help_label(band)}
        if is_child
        else "",
        "today": _today(other, band) if is_child else {},
        "place": {"book": _("“%s”"), "page": _("page %s"), "exercise": _("exercise %s")},
        "over": _("%s characters too many"),
        "readers": _("Only %s can read what is said here."),
        "comma": _(", "),
        "closed": _("The room is closed now. It opens %s; your words wait in the field."),
        "full": _full(is_child, band),
        "frozen": _("Nobody can write in this room at the moment. Your words wait in the field."),
        "too_big": _("This is too long. Please make it shorter."),
        "events": {
            "session_opened": _("The meeting began at %s"),
            "session_ended": _("The meeting ended at %s"),
            "slot_changed": _("The weekly hour is now %s."),
            "rest": _rest(is_child, band),
            "readers_changed": _("From here on no parent can read this."),
            "readers_more": _("From here on %s can read this too."),
        },
        # For the smallest 下午5点, as their first page says it; for others 17:00.
        "spoken": {"parts": PARTS, "oclock": OCLOCK} if is_small and _is_chinese() else None,
        "weekdays": [str(weekday) for weekday in WEEKDAYS],
    }


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def readers(room: Room) -> dict[str, Any]:
    """The words for who can read, when that changes while the page is open."""
    pairing = room.pairing
    mentor, child, most = pairing.mentor.name, pairing.child.call_name, MOST_GUARDIANS
    return {
        "parents": [parents_in_words(child, number) for number in range(1, most + 1)],
        "all": [readers_in_words(mentor, child, parents) for parents in range(most + 1)],
    }


def _today(mentor: str, band: Band) -> dict[str, str]:
    """For the child, of the hour that is now, while the mentor is not there; %s is when it begins.

    soon: around its beginning, when a younger one waits at the door.  meets: for the rest of it.
    left: they were here, and the meeting goes on.
    """
    facts = {"mentor": mentor, "help": help_label(band)}
    left = _(
        "%(mentor)s is not here at the moment, and the meeting has not ended yet. What you say is kept. "
        "If you can't wait, touch “%(help)s” above."
    )
    meets = _("You meet today at %%s. What you say is kept. If you can't wait, touch “%(help)s” above.")
    soon = _(
        "You meet today at %%s, and %(mentor)s comes soon. What you say is kept. "
        "If you can't wait, touch “%(help)s” above."
    )
    return {
        "left": left % facts,
        "meets": meets % facts,
        "soon": (meets if band is Band.GROWN else soon) % facts,
    }


def _full(is_child: bool, band: Band) -> str:
    """Its minutes of the day are over; %s is when it goes on."""
    if not is_child:
        return _(
            "The child has talked for as long as it may today. It goes on %s; your words wait in the field."
        )
    if band is Band.GROWN:
        return _("Today's time for talking is used up. You can write again %s; your words wait.")
    return _(
        "You have talked a good while today: rest your eyes. From %s you can write again; your words wait."
    )


def _rest(is_child: bool, band: Band) -> str:
    if is_child and band is Band.GROWN:
        return _("You have talked for a while: a ten-minute break is due.")
    return _("You have talked for a while. Look out of the window and rest your eyes for ten minutes.")
