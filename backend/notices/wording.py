"""The words of every notice, in the reader's language.

On the page a notice is a sentence with names. A letter says less: no names, no words of anybody, and where
to read more; what stands in an inbox is read by others too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from backend.notices.kinds import Audience, Kind
from backend.notices.models import Notice
from backend.notices.timing import SHANGHAI

PATH = "/notices/"
EVENING = 18


@dataclass(frozen=True, slots=True)
class Words:
    """subject: of a letter with only this.  mail: its line in a letter.  page: the whole sentence.

    child: the sentence for the child itself, where it differs.
    """

    subject: str
    mail: str
    page: str
    child: str = ""


FAMILY: dict[Kind, Words] = {
    Kind.PAIRING_STARTED: Words(
        gettext_noop("A new mentor"),
        gettext_noop("There is a new mentor. They meet every week: %(slot)s."),
        gettext_noop("%(mentor)s is now %(child)s's %(role)s. They meet every week: %(slot)s."),
        gettext_noop("%(mentor)s is now your %(role)s. You meet every week: %(slot)s."),
    ),
    Kind.PAIRING_MOVED: Words(
        gettext_noop("Another weekly hour"),
        gettext_noop("The weekly hour is now %(slot)s (before: %(old_slot)s)."),
        gettext_noop("%(mentor)s and %(child)s now meet every week: %(slot)s (before: %(old_slot)s)."),
        gettext_noop("%(mentor)s and you now meet every week: %(slot)s (before: %(old_slot)s)."),
    ),
    Kind.PAIRING_ENDED: Words(
        gettext_noop("A mentor has changed"),
        gettext_noop("A mentor does not go on."),
        gettext_noop("%(mentor)s is no longer %(child)s's %(role)s."),
        gettext_noop("%(mentor)s is no longer your %(role)s."),
    ),
    Kind.MEETING_MOVED: Words(
        gettext_noop("A meeting has another time"),
        gettext_noop("A meeting has another time: %(start)s (before: %(old_start)s)."),
        gettext_noop("%(mentor)s and %(child)s meet at another time: %(start)s (before: %(old_start)s)."),
        gettext_noop("%(mentor)s and you meet at another time: %(start)s (before: %(old_start)s)."),
    ),
    Kind.MEETING_CANCELLED: Words(
        gettext_noop("A meeting is cancelled"),
        gettext_noop("The meeting of %(start)s is cancelled. The weekly hour stays."),
        gettext_noop(
            "The meeting of %(mentor)s and %(child)s on %(start)s is cancelled. The weekly hour stays."
        ),
        gettext_noop("Your meeting with %(mentor)s on %(start)s is cancelled. The weekly hour stays."),
    ),
    Kind.MEETING_ON_AGAIN: Words(
        gettext_noop("A cancelled meeting takes place after all"),
        gettext_noop("The meeting of %(start)s takes place after all."),
        gettext_noop("%(mentor)s and %(child)s meet on %(start)s after all: cancelling it was taken back."),
        gettext_noop("%(mentor)s and you meet on %(start)s after all: cancelling it was taken back."),
    ),
    Kind.MEETING_MISSED: Words(
        gettext_noop("A meeting did not take place"),
        gettext_noop("A meeting did not take place (%(start)s); the mentor will arrange another time."),
        gettext_noop(
            "%(mentor)s and %(child)s did not meet this time (%(start)s); the mentor will arrange another."
        ),
        gettext_noop(
            "%(mentor)s and you did not meet this time (%(start)s); the mentor will arrange another."
        ),
    ),
    Kind.SUMMARY_WRITTEN: Words(
        gettext_noop("A new summary"),
        gettext_noop("A summary of the meeting of %(start)s is there to read."),
        gettext_noop("%(mentor)s wrote a summary of the meeting with %(child)s on %(start)s."),
        gettext_noop(
            "%(mentor)s wrote a summary of your meeting on %(start)s. You read it first; after a day your "
            "parents can. If something should change, tell %(mentor)s."
        ),
    ),
}
# Of the child, not to it.
PARENTS: dict[Kind, Words] = {
    Kind.PASSWORD_RESET: Words(
        gettext_noop("A new way in for a child"),
        gettext_noop("A coordinator made a new way to sign in for a child. If nobody asked for it, tell us."),
        gettext_noop(
            "A coordinator made a new way to sign in for %(child)s. If none of you asked for it, tell us at once."
        ),
    ),
}
MENTOR: dict[Kind, Words] = {
    Kind.PAIRING_STARTED: Words(
        gettext_noop("A new child"),
        gettext_noop(
            "You are the mentor of another child. You meet every week: %(slot)s. Please say within two days "
            "whether this hour suits."
        ),
        gettext_noop(
            "You are now %(child)s's %(role)s. You meet every week: %(slot)s. Please say within two days on your "
            "first page whether this hour suits."
        ),
    ),
    Kind.PAIRING_MOVED: Words(
        gettext_noop("Another weekly hour"),
        gettext_noop(
            "The weekly hour is now %(slot)s (before: %(old_slot)s). Please say within two days whether it suits."
        ),
        gettext_noop(
            "You and %(child)s now meet every week: %(slot)s (before: %(old_slot)s). Please say within two days on "
            "your first page whether this hour suits."
        ),
    ),
    Kind.PAIRING_ENDED: Words(
        gettext_noop("A pair has ended"),
        gettext_noop("You are no longer the mentor of one of your children."),
        gettext_noop("You are no longer %(child)s's %(role)s."),
    ),
    Kind.MEETING_MOVED: Words(
        gettext_noop("A meeting has another time"),
        gettext_noop("A meeting has another time: %(start)s (before: %(old_start)s)."),
        gettext_noop("You and %(child)s meet at another time: %(start)s (before: %(old_start)s)."),
    ),
    Kind.MEETING_CANCELLED: Words(
        gettext_noop("A meeting is cancelled"),
        gettext_noop("The meeting of %(start)s is cancelled. The weekly hour stays."),
        gettext_noop("Your meeting with %(child)s on %(start)s is cancelled. The weekly hour stays."),
    ),
    Kind.MEETING_ON_AGAIN: Words(
        gettext_noop("A cancelled meeting takes place after all"),
        gettext_noop("The meeting of %(start)s takes place after all."),
        gettext_noop("You and %(child)s meet on %(start)s after all: cancelling it was taken back."),
    ),
    Kind.HAND_OVER: Words(
        gettext_noop("Words from the mentor before you"),
        gettext_noop("The mentor before you left a few words about a child."),
        gettext_noop("The mentor before you left a few words about %(child)s."),
    ),
    Kind.MEETING_MISSED: Words(
        gettext_noop("A meeting did not take place"),
        gettext_noop("The meeting of %(start)s did not take place. Please arrange another time."),
        gettext_noop("You and %(child)s did not meet this time (%(start)s). Please arrange another time."),
    ),
    Kind.SUMMARY_DUE: Words(
        gettext_noop("A summary is still to be written"),
        gettext_noop("The meeting of %(start)s has no summary yet. Two or three sentences are enough."),
        gettext_noop(
            "Your meeting with %(child)s on %(start)s has no summary yet. Two or three sentences are enough."
        ),
    ),
}
STAFF: dict[Kind, Words] = {
    Kind.SUMMARIES_MISSING: Words(
        gettext_noop("Summaries are missing"),
        gettext_noop("Meetings that have no summary after a day: %(count)d."),
        gettext_noop("Meetings that have no summary after a day: %(count)d. Their mentors were reminded."),
    ),
    Kind.READING_ASKED: Words(
        gettext_noop("Somebody asks to read a room"),
        gettext_noop(
            "Somebody asks to read a room in an emergency. A second person has to look at that today."
        ),
        gettext_noop("%(asker)s asks to read a room in an emergency. Please look at the reason and decide."),
    ),
    Kind.READING_ALONE: Words(
        gettext_noop("A room was opened without a second person"),
        gettext_noop(
            "A lead opened a room alone, in immediate danger. Another lead reviews that by tomorrow."
        ),
        gettext_noop("%(asker)s opened a room alone, in immediate danger. Please review that by tomorrow."),
    ),
    Kind.READING_OPENED: Words(
        gettext_noop("A room is open to you"),
        gettext_noop("What you asked to read is open to you for 60 minutes."),
        gettext_noop("What you asked to read is open to you for 60 minutes. Each view is recorded."),
    ),
    Kind.READING_REFUSED: Words(
        gettext_noop("A room stays closed"),
        gettext_noop("A second person did not approve what you asked to read."),
        gettext_noop("A second person did not approve what you asked to read."),
    ),
    Kind.PASSWORD_RESET: Words(
        gettext_noop("A new way in for you"),
        gettext_noop(
            "The coordinator made an invitation with which you can choose a new password. If you did not ask "
            "for it, tell the coordinator."
        ),
        gettext_noop(
            "The coordinator made an invitation with which you can choose a new password. Until then the old one "
            "works. If you did not ask for it, tell the coordinator."
        ),
    ),
    Kind.PASSWORD_CHANGED: Words(
        gettext_noop("Your password has changed"),
        gettext_noop("Your password has changed. If it was not you, tell the coordinator at once."),
        gettext_noop("Your password has changed. If it was not you, tell the coordinator at once."),
    ),
}
# Names nobody: whom it is about stands on the duty screen, for those who may know.
DUTY: dict[Kind, Words] = {
    Kind.ALERT: Words(
        gettext_noop("A child may need you"),
        gettext_noop("A child may need a person now. Please open the duty screen."),
        gettext_noop("A child may need a person now. Please open the duty screen."),
    ),
    Kind.CASE_WITHOUT_ANYBODY: Words(
        gettext_noop("A case has nobody who may work on it"),
        gettext_noop("A case has nobody who may work on it. Please appoint another safeguarding lead today."),
        gettext_noop("A case has nobody who may work on it. Please appoint another safeguarding lead today."),
    ),
}
TABLES = {
    Audience.DUTY: DUTY,
    Audience.FAMILY: FAMILY | PARENTS,
    Audience.CHILD: FAMILY,
    Audience.MENTOR: MENTOR,
    Audience.COORDINATOR: STAFF,
    Audience.SELF: STAFF,
}


def words_of(notice: Notice) -> Words:
    return TABLES[Audience(notice.audience)][Kind(notice.kind)]


def on_page(notice: Notice) -> str:
    words = words_of(notice)
    is_for_child = notice.audience == Audience.CHILD and words.child
    said = _(words.child if is_for_child else words.page)
    if by := _by_whom(notice):
        said = _("%(said)s %(by)s") % {"said": said, "by": by}
    return said % _spoken(notice.facts, near=timezone.localdate(timezone=SHANGHAI))


def _by_whom(notice: Notice) -> str:
    """A meeting that the family cancelled must not read as the mentor staying away. Older notices don't say."""
    by, is_moved = notice.facts.get("by"), notice.kind == Kind.MEETING_MOVED
    if notice.kind == Kind.MEETING_ON_AGAIN:
        return ""
    if by == "mentor":
        return _("%(mentor)s chose the new time.") if is_moved else _("%(mentor)s cancelled it.")
    if by != "family":
        return ""
    if notice.audience == Audience.CHILD:
        return _("Your family chose the new time.") if is_moved else _("Your family cancelled it.")
    if notice.audience == Audience.MENTOR:
        return (
            _("The child's family chose the new time.") if is_moved else _("The child's family cancelled it.")
        )
    return (
        _("Somebody in the family chose the new time.")
        if is_moved
        else _("Somebody in the family cancelled it.")
    )


def in_letter(notice: Notice) -> str:
    return _(words_of(notice).mail) % _spoken(notice.facts)


def letter(notices: Sequence[Notice], language: str, origin: str) -> tuple[str, str]:
    """Subject and body. Of several about one thing only the newest is said; notices: oldest first."""
    newest = {notice.about: notice for notice in notices}.values()
    with translation.override(language):
        lines = list(dict.fromkeys(in_letter(notice) for notice in newest))
        subject = _subject(notices)
        told = "\n".join(f"· {line}" for line in lines)
        more = _("More when you have signed in:")
        end = _("Nobody reads answers to this e-mail.")
        return _("Shuangdao: %(subject)s") % {
            "subject": subject
        }, f"{told}\n\n{more}\n{origin}{PATH}\n\n{end}\n"


def text(notices: Sequence[Notice], language: str, origin: str) -> str:
    """The same as one SMS: it lights up on a locked screen, so it says only that there is something, and where."""
    with translation.override(language):
        return _("[Shuangdao] %(subject)s: %(link)s") % {
            "subject": _subject(notices),
            "link": f"{origin}{PATH}",
        }


def _subject(notices: Sequence[Notice]) -> str:
    newest = {notice.about: notice for notice in notices}.values()
    subjects = list(dict.fromkeys(_(words_of(notice).subject) for notice in newest))
    return subjects[0] if len(subjects) == 1 else _("News from the programme")


def _spoken(facts: Mapping[str, Any], near: date | None = None) -> dict[str, Any]:
    """near: the day on which it is read, where that is known. A letter is read whenever it is."""
    spoken = SPOKEN | dict.fromkeys(("start", "old_start"), partial(_hour, near=near))
    return {name: spoken.get(name, _as_it_is)(value) for name, value in facts.items()}


def _as_it_is(value: Any) -> Any:
    return value


def _hour(moment: str, near: date | None = None) -> str:
    """2月17日 周一 19:00; near it in Chinese 今晚19:00, 明天10:00, 昨天16:00."""
    start = datetime.fromisoformat(moment).astimezone(SHANGHAI)
    if near and (translation.get_language() or "").startswith("zh"):
        days = {0: "今晚" if start.hour >= EVENING else "今天", 1: "明天", -1: "昨天"}
        if said := days.get((start.date() - near).days):
            return f"{said}{start:%H:%M}"
    parts = {"weekday": date_format(start.date(), "D"), "day": date_format(start.date(), "MONTH_DAY_FORMAT")}
    return _("%(weekday)s %(day)s") % parts + f" {start:%H:%M}"


def _slot(value: int) -> str:
    """周三 19:00–20:00"""
    day, hour = divmod(value, 24)
    monday = datetime(2020, 2, 17, tzinfo=SHANGHAI)
    weekday = date_format(monday.replace(day=17 + day), "D")
    return f"{weekday} {_clock(hour)}"


def _clock(hour: int) -> str:
    return f"{hour:02}:00–{hour + 1:02}:00"


def _role(value: str) -> str:
    return _("academic mentor") if value == "academic" else _("wellbeing mentor")


def _name(value: str | Mapping[str, str]) -> str:
    """A name that is said differently in Chinese comes as {"zh": 李老师, "en": 李文}."""
    if isinstance(value, str):
        return value
    return value["zh" if (translation.get_language() or "").startswith("zh") else "en"]


SPOKEN: dict[str, Callable[[Any], Any]] = {
    "slot": _slot,
    "old_slot": _slot,
    "role": _role,
    "mentor": _name,
}
