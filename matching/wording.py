"""Reason codes as sentences that a coordinator can act on."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from matching.core.fit import most_of_each
from matching.core.plan import Alternative
from matching.core.roster import Role
from matching.core.weights import Weights


def detail_of(reason: str, facts: Mapping[str, Any]) -> str:
    """One sentence, in the reader's language. Raises KeyError for an unknown reason.

    facts: a grade as a number or in words; subjects as codes between semicolons, or in words.
    """
    facts = {**facts, "grade": _grade(facts), "subjects": _(", ").join(facts.get("subjects", "").split(";"))}
    sentences = {
        "nobody_eligible": _("No mentor teaches %(subjects)s in %(grade)s.")
        if facts["subjects"]
        else _("No wellbeing mentor with a certificate takes %(grade)s."),
        "forbidden": _("%(mentors)s mentors could, and each of them is forbidden for this child."),
        "no_common_hour": _("%(mentors)s mentors could, but none of them shares an hour with the child."),
        "seats_short": _(
            "%(mentors)s mentors could, with %(seats)s seats in all, and other children need them."
        ),
    }
    shared, sharing = facts.get("shared_seats"), facts.get("sharing", 0)
    if shared == 0:
        sentences["seats_short"] = _(
            "Mentors who could and share an hour: %(mentors)s, but none of them has a seat left."
            " Ask one of them for one more."
        )
    elif shared is not None and sharing > shared:
        sentences["seats_short"] = _(
            "%(sharing)s children can only use the same %(shared_seats)s seats, so %(short)s of them stay"
            " without, whoever is chosen. More seats or hours are needed here."
        )
        facts = {**facts, "short": sharing - shared}
    return sentences[reason] % {"mentors": "?", "seats": "?", **facts}


def _grade(facts: Mapping[str, Any]) -> str:
    given = facts.get("grade", "?")
    return _("grade %(number)d") % {"number": given} if isinstance(given, int) else given


def remedy_in_words(remedy: Mapping[str, Any]) -> str:
    """The change that would fill the role, and take nothing from anybody; empty when none is known."""
    if not remedy:
        return ""
    sentences = {
        "seat": _("If %(mentor)s took one child more (%(seats)s in all), this role could be filled."),
        "hour": _("If the child were also free at %(slot)s, %(mentor)s could take this role."),
        "lift_forbid": _("If %(mentor)s were no longer forbidden for this child, this role could be filled."),
        "mentor": _("One more wellbeing mentor for %(grade)s who is free at %(slot)s would fill this role."),
        "mentor_subject": _(
            "One more mentor who teaches %(subject)s in %(grade)s and is free at %(slot)s would fill this role."
        ),
        "mentor_and_hour": _(
            "One more mentor for %(grade)s, and one more free hour of the child, would fill this role."
        ),
    }
    change = remedy["change"]
    if change == "mentor" and "subject" in remedy:
        change = "mentor_subject"
    return sentences[change] % {**remedy, "grade": _grade(remedy)}


def opening_in_words(opening: Mapping[str, Any], who: str, grades: str, hours: str) -> str:
    """What one more mentor would win. who: role and subject; all three in the reader's language."""
    if opening["children"]:
        said = _(
            "One more %(who)s for %(grades)s, free at %(hours)s, for %(capacity)d children:"
            " %(children)d more children would have both mentors."
        )
    else:
        said = _(
            "One more %(who)s for %(grades)s, free at %(hours)s, for %(capacity)d children:"
            " %(roles)d more places would be filled."
        )
    return said % {**opening, "who": who, "grades": grades, "hours": hours}


def cost_in_words(choice: Alternative) -> list[str]:
    """What the others pay when this place is taken and all is arranged anew around it. Never empty."""
    said = [_("This child would then have only this one mentor.")] if choice.alone else []
    fewer, open_ = choice.others_complete, choice.others_roles
    if fewer > 0:
        said.append(
            ngettext(
                "One other child would no longer have both mentors.",
                "%(number)d other children would no longer have both mentors.",
                fewer,
            )
            % {"number": fewer}
        )
    elif fewer < 0:
        said.append(
            ngettext(
                "One other child would have both mentors instead.",
                "%(number)d other children would have both mentors instead.",
                -fewer,
            )
            % {"number": -fewer}
        )
    if choice.complete == 0 < choice.priority:
        said.append(_("A more urgent child would have to give way to a less urgent one."))
    elif fewer == 0 and open_ > 0:
        said.append(
            ngettext(
                "One place more of another child would stay open.",
                "%(number)d places more of other children would stay open.",
                open_,
            )
            % {"number": open_}
        )
    elif (fewer, open_, choice.complete, choice.priority, choice.roles) == (0,) * 5:
        said.append(_points_of_others(choice.others))
    if not choice.exact:
        said.append(
            _("Not worked out to the end: up to %(points)d points more or less.") % {"points": choice.slack}
        )
    return said


def _points_of_others(points: int) -> str:
    if points > 0:
        return _("It costs the other children %(points)d points together.") % {"points": points}
    if points < 0:
        return _("The other children would even win %(points)d points together.") % {"points": -points}
    return _("It costs nobody else anything.")


def change_in_words(reason: str, facts: Mapping[str, Any], hour: str = "") -> str:
    """Why a pair does not stay as it is. hour: ``facts["hour"]`` in words. Raises KeyError for an unknown reason."""
    left_out = {
        f"{kind}_{why}": _("%(who)s: %(why)s") % {"who": who, "why": left_out_in_words(why)}
        for kind, who in (("child", _("the child")), ("mentor", _("the mentor")))
        for why in LEFT_OUT
    }
    named = facts.get("children", [])
    children = _(", ").join(named[:NAMED]) + (" …" if len(named) > NAMED else "")
    return {
        **left_out,
        "child_gone": _("the child no longer takes part"),
        "mentor_gone": _("the mentor no longer takes part"),
        "child_not_in_this_round": _("the child is not in this round"),
        "mentor_not_in_this_round": _("the mentor is not in this round"),
        "pinned_to_another": _("the child is pinned to another mentor"),
        "forbidden": _("the two are forbidden for each other"),
        "not_eligible": _("the mentor no longer takes this child's grade or subjects"),
        "child_changed": _("the child's grade or subjects have changed"),
        "child_not_free": _("the child is no longer free at %(hour)s"),
        "mentor_not_free": _("the mentor is no longer free at %(hour)s"),
        "no_seats": _("the mentor takes no children any more"),
        "fewer_seats": _("the mentor takes only %(seats)s now"),
        "other_role": _("the mentor has this child in the other role now"),
        "other_mentor_has_the_hour": _("at %(hour)s the child meets %(mentor)s now"),
        "hour_of_another": _("at %(hour)s the mentor meets %(child)s now"),
        "seat_of_another": _("all seats of the mentor are taken; new there: %(children)s"),
        "other_subject": _("another subject comes first now"),
        "by_hand": _("it was changed by hand"),
        "better_as_a_whole": _("nothing stood against it; the plan as a whole is better this way"),
    }[reason] % {"seats": "", "mentor": "", "child": "", **facts, "hour": hour, "children": children}


LEFT_OUT = ("no_consent", "withdrawn", "stopped", "paused", "not_vetted", "vetting_expired", "no_certificate")
NAMED = 3


def left_out_in_words(reason: str) -> str:
    """Why a child or mentor could not take part in a round. Raises KeyError for an unknown reason."""
    return {
        "no_consent": _("no guardian has consented yet"),
        "withdrawn": _("the guardians' consent was withdrawn"),
        "stopped": _("has ended it by itself"),
        "paused": _("takes a pause"),
        "not_vetted": _("not vetted yet"),
        "vetting_expired": _("the vetting has expired"),
        "no_certificate": _("no valid certificate"),
    }[reason]


def rule_in_words(code: str) -> str:
    """What a place breaks, by the codes of matching.core.verify. Raises KeyError for an unknown code."""
    return {
        "unknown_person": _("the child or the mentor does not take part"),
        "not_taking_part": _("the child or the mentor does not take part today"),
        "not_eligible": _("the mentor can't have this role for this child"),
        "hour_not_free": _("the hour is not free for both"),
        "role_twice": _("the child has this role twice"),
        "same_person_twice": _("the child's two mentors are the same person"),
        "child_hour_twice": _("the child's two hours are the same"),
        "mentor_hour_twice": _("the mentor's hour is taken twice"),
        "over_capacity": _("the mentor has more children than seats"),
        "pin_broken": _("a pin is broken"),
        "forbidden": _("the two are forbidden for each other"),
    }[code]


def term_in_words(name: str) -> str:
    """A term of the fit."""
    return {
        "subject": _("subject"),
        "grade": _("grade"),
        "shared": _("shared hours"),
        "district": _("district"),
        "gender": _("gender asked for"),
        "previous": _("same mentor as before"),
    }[name]


def terms_in_words(role: Role, terms: Mapping[str, int], weights: Weights) -> list[tuple[str, int, int]]:
    """Each term of a fit: its name, the points it gave, and the most it could have given."""
    most = most_of_each(role, weights)
    return [(term_in_words(name), terms.get(name, 0), most[name]) for name in most]
