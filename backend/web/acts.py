"""What stands in the log, as words: looks for the family, acts for the staff."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.audit.models import Entry
from backend.care.who_looked import Look
from backend.web.templatetags.shuangdao import ROLES

CAPACITIES = {
    "coordinator": gettext_lazy("A coordinator"),
    "lead": gettext_lazy("A safeguarding lead"),
}
ACTS = {
    "family.quiet": gettext_lazy("family left in peace"),
    "family.told_again": gettext_lazy("family told again"),
    "alert.judged": gettext_lazy("alert judged"),
    "alert.raised": gettext_lazy("alert raised"),
    "authenticator.forgotten": gettext_lazy("second step forgotten"),
    "authenticator.set_up": gettext_lazy("second step set up"),
    "calendar.address_ended": gettext_lazy("address of a calendar ended"),
    "calendar.address_made": gettext_lazy("address of a calendar made"),
    "call.answered": gettext_lazy("somebody rung"),
    "call.asked": gettext_lazy("somebody asked to be rung"),
    "call.taken_back": gettext_lazy("somebody need not be rung any more"),
    "carer.added": gettext_lazy("carer let in by a parent"),
    "carer.ended": gettext_lazy("carer is one no more"),
    "case.closed": gettext_lazy("case closed"),
    "case.given_back": gettext_lazy("case without its owner, somebody else called"),
    "case.noted": gettext_lazy("note in a case"),
    "case.opened": gettext_lazy("case opened"),
    "case.passed_on": gettext_lazy("case passed on"),
    "case.phones_viewed": gettext_lazy("family's telephones looked at"),
    "case.reading_attached": gettext_lazy("reading joined to a case"),
    "case.released": gettext_lazy("case released"),
    "case.said_a_slip": gettext_lazy("the child says that Help was touched by mistake"),
    "case.sealed": gettext_lazy("case sealed"),
    "case.taken": gettext_lazy("case taken over"),
    "case.talk_attached": gettext_lazy("words joined to a case"),
    "child.activated": gettext_lazy("child set active"),
    "case.words_viewed": gettext_lazy("lines around an alert read"),
    "child.added": gettext_lazy("child added"),
    "child.asked_to_stop": gettext_lazy("child asked to stop"),
    "child.came_back": gettext_lazy("child takes part again"),
    "child.deactivated": gettext_lazy("child set inactive"),
    "child.edited": gettext_lazy("child's row changed"),
    "child.exported": gettext_lazy("family took the child's history along"),
    "child.stopped": gettext_lazy("child stopped"),
    "child.way_in_made": gettext_lazy("new way in made for a child"),
    "child.viewed": gettext_lazy("child's row looked at"),
    "consent.given": gettext_lazy("consent given"),
    "consent.withdrawn": gettext_lazy("consent withdrawn"),
    "coordinator.added": gettext_lazy("coordinator added"),
    "guardian.came_back": gettext_lazy("guardian came back"),
    "guardian.status_changed": gettext_lazy("guardian's standing changed"),
    "guardian.withdrew": gettext_lazy("guardian withdrew"),
    "hand_over.written": gettext_lazy("hand-over note to the next mentor written"),
    "held.refused": gettext_lazy("held message not sent"),
    "held.released": gettext_lazy("held message let through"),
    "held.viewed": gettext_lazy("held message looked at"),
    "invitation.spent": gettext_lazy("invitation ended by wrong birth dates"),
    "hotlines.saved": gettext_lazy("numbers to ring saved"),
    "lock.added": gettext_lazy("pin or forbid added"),
    "lock.lifted": gettext_lazy("pin or forbid lifted"),
    "meeting.cancelled": gettext_lazy("meeting cancelled"),
    "meeting.disputed": gettext_lazy("meeting disputed"),
    "meeting.moved": gettext_lazy("meeting moved"),
    "meeting.put_by_demonstration": gettext_lazy("meeting put by the demonstration"),
    "meeting.reported": gettext_lazy("meeting reported"),
    "meeting.taken_back": gettext_lazy("cancelled meeting taken back"),
    "meetings.exported": gettext_lazy("log of meetings exported"),
    "mentor.activated": gettext_lazy("mentor set active"),
    "mentor.added": gettext_lazy("mentor added"),
    "mentor.deactivated": gettext_lazy("mentor set inactive"),
    "mentor.edited": gettext_lazy("mentor's row changed"),
    "mentor.hours_set": gettext_lazy("mentor's free hours changed by the mentor"),
    "mentor.paused": gettext_lazy("mentor paused"),
    "mentor.resumed": gettext_lazy("mentor goes on"),
    "message.redacted": gettext_lazy("words of a message taken away"),
    "pairing.answered": gettext_lazy("mentor answered about an hour"),
    "pairing.ended": gettext_lazy("pairing ended"),
    "pairs.exported": gettext_lazy("pairs exported"),
    "people.invited": gettext_lazy("people invited"),
    "person.invited": gettext_lazy("person invited"),
    "person.joined": gettext_lazy("invitation taken up"),
    "person.signed_in": gettext_lazy("signed in"),
    "person.signed_out": gettext_lazy("signed out"),
    "person.signed_out_everywhere": gettext_lazy("signed out everywhere"),
    "programme.dates_set": gettext_lazy("first and last day set"),
    "programme.holiday_added": gettext_lazy("day off added"),
    "programme.holiday_removed": gettext_lazy("day off removed"),
    "reader.agreed": gettext_lazy("child agreed to reading along"),
    "reader.asked": gettext_lazy("reading along asked for"),
    "reader.over": gettext_lazy("reading along over"),
    "readers.changed": gettext_lazy("those who read along changed"),
    "reading.approved": gettext_lazy("reading in an emergency approved"),
    "reading.asked": gettext_lazy("reading in an emergency asked for"),
    "reading.opened_alone": gettext_lazy("room opened alone, in danger"),
    "reading.refused": gettext_lazy("reading in an emergency refused"),
    "reading.reviewed": gettext_lazy("opening alone reviewed"),
    "recovery_code.used": gettext_lazy("recovery code used"),
    "recovery_codes.made": gettext_lazy("recovery codes made"),
    "room.frozen": gettext_lazy("room frozen"),
    "room.opened": gettext_lazy("room opened again"),
    "room.shut": gettext_lazy("room shut"),
    "room.stopped": gettext_lazy("room stopped until its holds are looked at"),
    "room.thawed": gettext_lazy("room thawed"),
    "room.went_on": gettext_lazy("room went on, its holds were looked at"),
    "room.understood": gettext_lazy("child read how the room works"),
    "room.viewed": gettext_lazy("room read"),
    "roster.exported": gettext_lazy("roster exported"),
    "roster.bad_rows_saved": gettext_lazy("rows with errors saved as a file"),
    "roster.file_corrected": gettext_lazy("cells of a roster file corrected"),
    "roster.file_dropped": gettext_lazy("roster file dropped"),
    "roster.file_headings": gettext_lazy("headings of a roster file explained"),
    "roster.file_put_back": gettext_lazy("rows of a roster file put back"),
    "roster.file_set_aside": gettext_lazy("rows of a roster file set aside"),
    "roster.file_sheets": gettext_lazy("sheets of a roster file chosen"),
    "roster.file_two": gettext_lazy("two children who look alike said to be two"),
    "roster.file_asked_again": gettext_lazy("two children who look alike asked about again"),
    "roster.file_same_person": gettext_lazy("row with another name said to be the same person"),
    "roster.file_doubted": gettext_lazy("row with another name asked about again"),
    "roster.file_undone": gettext_lazy("correction of a roster file taken back"),
    "roster.gone_deactivated": gettext_lazy("those missing in the file set inactive"),
    "roster.imported": gettext_lazy("roster imported"),
    "roster.row_brought_in": gettext_lazy("row that was set aside brought in"),
    "roster.row_dismissed": gettext_lazy("row that was set aside dismissed"),
    "round.cancelled": gettext_lazy("round stopped"),
    "round.changed": gettext_lazy("round changed by hand"),
    "round.compared": gettext_lazy("choices compared"),
    "round.discarded": gettext_lazy("round discarded"),
    "round.published": gettext_lazy("round published"),
    "round.solved": gettext_lazy("round solved"),
    "round.redone": gettext_lazy("change of a round done again"),
    "round.solved_again": gettext_lazy("round solved again"),
    "round.started": gettext_lazy("round started"),
    "round.swapped": gettext_lazy("two children swapped in a round"),
    "round.undone": gettext_lazy("change of a round taken back"),
    "session.ended": gettext_lazy("meeting ended"),
    "shift.added": gettext_lazy("shift put into the rota"),
    "shift.removed": gettext_lazy("shift taken out of the rota"),
    "summary.written": gettext_lazy("summary written"),
    "tries.slowed": gettext_lazy("tries slowed down"),
}


def act_in_words(entry: Entry) -> str:
    """An act that has no words is shown by its name."""
    return str(ACTS.get(entry.action, entry.action))


def look_in_words(look: Look) -> str:
    if look.way_in:
        return _("A coordinator made a new way to sign in for the child.")
    who = str(CAPACITIES[look.capacity])
    if look.held:
        return _("%(who)s looked at a message of a mentor's that waited for a decision.") % {"who": who}
    if look.first_day is None or look.last_day is None:
        return _("%(who)s looked at your child's details.") % {"who": who}
    facts = {
        "who": who,
        "teacher": ROLES[look.role],
        "first": date_format(look.first_day, "MONTH_DAY_FORMAT"),
        "last": date_format(look.last_day, "MONTH_DAY_FORMAT"),
    }
    if look.alone:
        said = _(
            "%(who)s read what was said with the %(teacher)s (%(first)s to %(last)s), at once because of a danger. "
            "A second lead reviews that."
        )
    else:
        said = _(
            "%(who)s read what was said with the %(teacher)s (%(first)s to %(last)s) in an emergency, with the "
            "agreement of a second person."
        )
    return said % facts
