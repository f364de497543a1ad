"""Who may do what, as a table. Pure: names in, yes or no out.

A relation is what a person is to an object (or to the programme), worked out by each app's access.py.
What the table does not name is refused; a resource or action that it does not know is a mistake in the
code and raises UnknownRule, so that a misspelt check can't pass silently.
"""

from collections.abc import Iterable
from enum import StrEnum


class Relation(StrEnum):
    COORDINATOR = "coordinator"
    LEAD = "lead"  # safeguarding lead
    MENTOR = "mentor"  # any mentor, or the mentor of their own row
    ACADEMIC_MENTOR = "academic_mentor"  # of this child or room, in a live pairing
    WELLBEING_MENTOR = "wellbeing_mentor"
    CHILD = "child"  # this child
    GUARDIAN = "guardian"  # active guardianship of this child
    READER = "reader"  # active guardian who reads along in this room, which says so
    LIMITED_GUARDIAN = "limited_guardian"  # schedule only
    WITHDRAWN_GUARDIAN = "withdrawn_guardian"  # withdrew their consent: sees nothing, may give it again
    CARER = "carer"  # carer of this child
    EMERGENCY_READER = "emergency_reader"  # of this room, some days of it, for an hour
    ADDRESSEE = "addressee"  # of this notice
    OUTGOING_MENTOR = "outgoing_mentor"  # of a pairing that ended lately, unless the family withdrew
    DUTY_COUNSELLOR = "duty_counsellor"  # was called for this case, or looks after it


class UnknownRule(Exception):
    """The code asked about a resource or an action that the table does not name."""


C, L = Relation.COORDINATOR, Relation.LEAD
M, A, W = Relation.MENTOR, Relation.ACADEMIC_MENTOR, Relation.WELLBEING_MENTOR
K, G, LG, H = Relation.CHILD, Relation.GUARDIAN, Relation.LIMITED_GUARDIAN, Relation.CARER
R, WG, D = Relation.READER, Relation.WITHDRAWN_GUARDIAN, Relation.DUTY_COUNSELLOR

TABLE: dict[str, dict[str, frozenset[Relation]]] = {
    "child": {
        "list": frozenset({C, L}),
        "read": frozenset({C, L, K, G}),
        "read_card": frozenset({C, L, A, W, K, G}),  # call name, grade, subjects, hours
        "read_needs": frozenset({C, L, W}),
        "read_quiet": frozenset({C, L, A, W}),  # whether its family is to be left in peace, not why
        "read_contacts": frozenset({C}),
        "write": frozenset({C}),
        "export": frozenset({G}),  # the child's history as a file of the family's own
        "quiet": frozenset({C}),  # leave its family in peace, or tell it again
    },
    "mentor": {
        "list": frozenset({C, L}),
        "read": frozenset({C, L, M}),
        "write": frozenset({C}),
        "write_own": frozenset({C, M}),  # hours, capacity, pause, contact
        # K, G, LG and H: of a child who has this mentor now.
        "read_card": frozenset({C, L, M, K, G, LG, H}),  # name and role
        "read_proofs": frozenset({C, L, M, G}),  # kinds of certificate, whether vetted
    },
    "consent": {  # by age besides: `backend.ages`
        "read": frozenset({C, L, K, G, WG}),
        "give": frozenset({K, G, WG}),
        "withdraw": frozenset({G}),
        "stop": frozenset({K}),
    },
    "guardianship": {
        "write": frozenset({C}),  # active, schedule only, suspended
    },
    "carer": {
        "invite": frozenset({G}),
        "end": frozenset({C}),
    },
    "roster": {
        "import": frozenset({C}),
        "export": frozenset({C}),
    },
    "person": {
        "invite": frozenset({C}),
    },
    "round": {
        "list": frozenset({C, L}),
        "read": frozenset({C, L}),
        "write": frozenset({C}),
        "publish": frozenset({C}),
    },
    "lock": {
        "list": frozenset({C, L}),
        "write": frozenset({C}),
    },
    "pairing": {
        "list": frozenset({C, L}),
        "read": frozenset({C, L, A, W, K, G, LG, H}),
        "end": frozenset({C, A, W}),
        "answer": frozenset({A, W}),  # whether the hour suits
        "export": frozenset({C}),
    },
    # A, W and K are here the two whose room it is, whatever else they are to the child; R only of an academic one.
    "room": {
        "read": frozenset({A, W, K, R, Relation.EMERGENCY_READER}),
        "enter": frozenset({A, W, K}),
        "understand": frozenset({K}),  # who can read it
        "end_session": frozenset({A, W}),
        "freeze": frozenset({L}),
    },
    "reader": {  # a guardian who reads along in an academic room from the child's eighth birthday on, or asks to
        "list": frozenset({K, G}),  # the child all, a guardian their own
        "ask": frozenset({G}),
        "answer": frozenset({K}),
        "give_up": frozenset({G}),
    },
    "message": {
        "redact": frozenset({L}),  # neither its sender nor its reader: what was said must not vanish by them
    },
    "held": {
        "decide_academic": frozenset({C, L}),  # that message, recorded
        "decide_wellbeing": frozenset({L}),
    },
    "meeting": {
        "list": frozenset({C, L}),  # everybody's; others list their own
        "read": frozenset({C, L, A, W, K, G, LG, H}),
        "move": frozenset({C, A, W, G, H}),
        "cancel": frozenset({C, A, W, G, H}),
        "record": frozenset({A, W}),  # held elsewhere
        "dispute": frozenset({K, G}),
        "export": frozenset({C}),
    },
    "session": {  # the log of meetings: times, minutes, counts
        "read": frozenset({C, L, A, W, K, G}),
    },
    "summary": {
        "list": frozenset({C, L}),  # everybody's; others list what they may read
        "read": frozenset({C, L, A, W, K, G}),
        "write": frozenset({A, W}),
    },
    # What a mentor leaves for the child's next one. A and W are here the child's mentor in the same role now. Not the
    # child and its parents: they have the summaries, and what one mentor tells another about a child is no report.
    "hand_over": {
        "read": frozenset({C, L, A, W}),
        "write": frozenset({Relation.OUTGOING_MENTOR}),
    },
    "notice": {  # whoever it was written to, and nobody else, whatever their role
        "read": frozenset({Relation.ADDRESSEE}),
        "mark_read": frozenset({Relation.ADDRESSEE}),
    },
    # A room read in an emergency: asked by one, approved by another; a lead may go ahead alone in danger.
    "reading": {
        "list": frozenset({C, L}),  # own ones, and those that they may decide
        "list_all": frozenset({L}),
        "ask_academic": frozenset({C, L}),
        "ask_wellbeing": frozenset({L}),
        "decide_academic": frozenset({C, L}),
        "decide_wellbeing": frozenset({L}),
        "go_ahead_alone": frozenset({L}),
        "review": frozenset({L}),
        "attach": frozenset({L}),  # to a case
    },
    "log": {
        "list": frozenset({C, L}),  # own actions
        "list_all": frozenset({L}),
        "read_looks": frozenset({L, G}),  # who looked at this child
    },
    "alert": {
        "ask": frozenset({K}),  # for a person, for itself
        "raise": frozenset({K, A, W, G, LG}),  # a worry, or somebody who is reported
        "follow": frozenset({A, W, G}),  # whether somebody has taken the worry that one told
        "watch": frozenset({C, L, D}),  # the duty screen, with the cases for which one was called
        "count": frozenset({C, L}),  # how many, how old, who has them
        "judge": frozenset({L}),
    },
    "shift": {
        "list": frozenset({C, L}),
        "write": frozenset({C, L}),
    },
    "hotline": {
        "write": frozenset({C, L}),
    },
    "case": {
        "list": frozenset({L}),  # all; others those for which they were called
        "open": frozenset({L}),
        "read": frozenset({L, D}),
        "take": frozenset({L, D}),
        "note": frozenset({L, D}),
        "pass_on": frozenset({L, D}),
        "read_phones": frozenset({L, D}),  # each view recorded
        "read_words": frozenset({L, D}),  # around the message behind an alert, each view recorded
        "seal": frozenset({L}),
        "release": frozenset({L}),
        "attach": frozenset({L}),
        "close": frozenset({L, D}),
    },
    "call": {  # 请联系我: about something that is no danger
        "ask": frozenset({M, G, LG, H}),
        "list": frozenset({C}),
        "answer": frozenset({C}),
    },
    "programme": {
        "read": frozenset({C, L}),
        "write": frozenset({C}),  # its first and last day, holidays
    },
}


def allows(resource: str, action: str, relations: Iterable[Relation]) -> bool:
    """True when one of the relations may do this. Raises UnknownRule for a rule that does not exist."""
    try:
        allowed = TABLE[resource][action]
    except KeyError:
        raise UnknownRule(f"the policy does not name {action!r} of {resource!r}") from None
    return not allowed.isdisjoint(relations)
