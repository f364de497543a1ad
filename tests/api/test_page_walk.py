"""Every page × method × person, against one table: who may, and that all others find nothing."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from backend.web.urls import urlpatterns
from tests.api import cast, fields
from tests.api.cast import PEOPLE
from tests.api.conftest import World, undone
from tests.api.hardened import check_hardened
from tests.api.knocking import knock
from tests.api.routes import ABSENT, alert_of, call_of, held_of, meeting_of, routes, shift_of

EVERYBODY = frozenset(PEOPLE)
SIGNED_IN = frozenset(cast.SIGNED_IN)
DESK = frozenset(cast.DESK)
GUARDIANS = frozenset(cast.GUARDIANS)
SCHEDULE = frozenset(cast.SCHEDULE)
CHILDREN = frozenset({"child", "foreign child"})
OWN_MENTOR = frozenset({"mentor"})
LEAD = frozenset({"lead"})
OWN_ROW = frozenset({"mentor", "ended mentor"})
MENTORS = frozenset({"mentor", "ended mentor", "wellbeing mentor", "foreign mentor"})
PAIR = frozenset({"mentor", "child"})
RUNG = (
    frozenset(
        {"mentor", "ended mentor", "wellbeing mentor", "foreign mentor", "foreign guardian", "foreign carer"}
    )
    | GUARDIANS
    | SCHEDULE
)
GET, POST, BOTH = ("get",), ("post",), ("get", "post")

# What a page is about and who may: everybody else finds nothing, and who is not signed in the sign-in.
TABLE: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "home": (GET, SIGNED_IN),
    "sign_in": (BOTH, EVERYBODY),
    "second_step": (BOTH, SIGNED_IN),  # they are through: to the first page
    "sign_out": (POST, EVERYBODY),
    "account": (GET, SIGNED_IN),
    "sign_out_everywhere": (POST, SIGNED_IN),
    "authenticator": (BOTH, SIGNED_IN),
    "outbox": (GET, frozenset()),  # only in the demonstration
    "set_language": (POST, EVERYBODY),
    "set_appearance": (POST, EVERYBODY),
    "step_into": (BOTH, frozenset()),  # only in the demonstration
    "manifest": (GET, EVERYBODY),
    "worker": (GET, EVERYBODY),
    "offline": (GET, EVERYBODY),
    "components": (GET, EVERYBODY),
    "what_if": (GET, EVERYBODY),
    "children": (GET, DESK),
    "child": (GET, DESK | GUARDIANS | {"child"}),
    "mentors": (GET, DESK),
    "mentor": (GET, DESK | OWN_ROW),
    "new_child": (BOTH, DESK),
    "edit_child": (BOTH, DESK),
    "new_mentor": (BOTH, DESK),
    "edit_mentor": (BOTH, DESK),
    "set_paused": (POST, DESK | OWN_ROW),
    "set_active": (POST, DESK),
    "exports": (GET, DESK),
    "export": (BOTH, DESK),
    "export_pairs": (BOTH, DESK),
    "export_meetings": (BOTH, DESK),
    "my_hours": (BOTH, MENTORS),
    "pause": (POST, MENTORS),
    "my_calendar": (BOTH, MENTORS),
    "calendar_feed": (GET, frozenset()),  # by its secret alone
    "calendar": (GET, MENTORS),
    "history": (GET, DESK | PAIR | GUARDIANS | {"wellbeing mentor"}),
    "history_on_paper": (GET, DESK | PAIR | GUARDIANS | {"wellbeing mentor"}),
    "own_file": (BOTH, GUARDIANS),
    "family_mentors": (GET, DESK | GUARDIANS | SCHEDULE | {"child"}),
    "carer": (BOTH, GUARDIANS),
    "hand_over": (GET, GUARDIANS | SCHEDULE),
    "consent": (GET, DESK | GUARDIANS | {"child"}),
    "give_consent": (POST, GUARDIANS),
    "withdraw_consent": (BOTH, GUARDIANS),
    "stop": (BOTH, frozenset({"child"})),
    "come_back": (POST, frozenset({"child"})),
    "read_along": (BOTH, GUARDIANS),
    "answer_reader": (POST, frozenset({"child"})),
    "give_up_reading": (POST, GUARDIANS),
    "guardian": (BOTH, DESK),
    "end_carer": (POST, DESK),
    "quiet": (BOTH, DESK),
    "dispute": (POST, GUARDIANS | {"child"}),
    "held": (GET, DESK),
    "decide_held": (POST, DESK),
    "looks": (GET, GUARDIANS | {"lead"}),
    "log": (GET, DESK),
    "readings": (GET, DESK),
    "ask_in_emergency": (BOTH, DESK),
    "decide_reading": (POST, DESK),
    "review_reading": (POST, LEAD),
    "help": (GET, EVERYBODY),
    "ask_for_help": (POST, CHILDREN),
    "help_now": (GET, CHILDREN),
    "help_slip": (POST, CHILDREN),
    "help_report": (GET, CHILDREN),
    "help_stop": (GET, CHILDREN),
    "help_offered": (GET, frozenset({"child"})),
    "tell": (BOTH, PAIR | GUARDIANS | {"wellbeing mentor", "limited guardian"}),
    "duty": (GET, DESK | {"duty counsellor"}),
    "standing": (GET, DESK | {"duty counsellor"}),
    "rota": (BOTH, DESK),
    "remove_shift": (POST, DESK),
    "hotlines": (BOTH, DESK),
    "cases": (GET, LEAD),
    "case": (GET, LEAD | {"duty counsellor"}),
    "take_case": (POST, LEAD | {"duty counsellor"}),
    "pass_on_case": (POST, LEAD | {"duty counsellor"}),
    "note_in_case": (POST, LEAD | {"duty counsellor"}),
    "close_case": (POST, LEAD | {"duty counsellor"}),
    "judge_alert": (POST, LEAD),
    "case_phones": (POST, LEAD | {"duty counsellor"}),
    "open_case": (POST, LEAD),
    "change_case": (POST, LEAD),
    "family": (GET, GUARDIANS | SCHEDULE | {"foreign guardian", "foreign carer"}),
    "meeting": (GET, DESK | PAIR | GUARDIANS | SCHEDULE),
    "change_meeting": (POST, DESK | GUARDIANS | {"mentor", "carer"}),
    "room": (GET, PAIR | {"ended mentor", "young guardian", "emergency reader"}),
    "room_readers": (BOTH, frozenset({"child"})),
    "end_session": (BOTH, OWN_ROW),
    "summary": (BOTH, OWN_MENTOR),
    "answer_hours": (POST, OWN_MENTOR),
    "my_child": (GET, OWN_MENTOR),
    "leave_note": (BOTH, frozenset({"ended mentor"})),
    "elsewhere": (BOTH, OWN_MENTOR),
    "notices": (GET, SIGNED_IN),
    "join": (BOTH, EVERYBODY),
    "invitations": (GET, DESK),
    "invitation_file": (BOTH, DESK),
    "invite": (POST, DESK),
    "pairings": (GET, DESK),
    "pair": (GET, DESK),
    "end_pairing": (BOTH, DESK | OWN_MENTOR),
    "need": (GET, DESK),
    "call_me": (BOTH, RUNG),
    "calls": (GET, DESK),
    "answer_call": (POST, DESK),
    "anew": (POST, DESK),
    "away": (BOTH, DESK),
    "imports": (BOTH, DESK),
    "import": (GET, DESK),
    "import_template": (GET, DESK),
    "import_sheets": (POST, DESK),
    "import_headings": (POST, DESK),
    "import_correct": (POST, DESK),
    "import_undo": (POST, DESK),
    "import_aside": (POST, DESK),
    "import_row": (BOTH, DESK),
    "import_bad_rows": (POST, DESK),
    "drop_import": (POST, DESK),
    "aside": (GET, DESK),
    "save_aside": (POST, DESK),
    "bring_in": (BOTH, DESK),
    "dismiss_aside": (POST, DESK),
    "take_import": (POST, DESK),
    "gone_inactive": (POST, DESK),
    "rounds": (BOTH, DESK),
    "readiness": (GET, DESK),
    "hardly_anybody": (GET, DESK),
    "left_out": (GET, DESK),
    "locks": (BOTH, DESK),
    "many_locks": (POST, DESK),
    "paused_mentors": (BOTH, DESK),
    "lift_lock": (POST, DESK),
    "round": (GET, DESK),
    "round_progress": (GET, DESK),
    "cancel_round": (POST, DESK),
    "discard_round": (POST, DESK),
    "first_exceptions": (GET, DESK),
    "exceptions": (GET, DESK),
    "proposals": (GET, DESK),
    "wanted": (GET, DESK),
    "changes": (GET, DESK),
    "change": (BOTH, DESK),
    "comparison": (BOTH, DESK),
    "swap": (POST, DESK),
    "lock_pair": (POST, DESK),
    "edits": (GET, DESK),
    "undo_edit": (POST, DESK),
    "redo_edit": (POST, DESK),
    "solve_again": (POST, DESK),
    "publish": (BOTH, DESK),
}


def path_of(world: World, name: str, *, absent: bool = False) -> str:
    assert world.session is not None and world.report is not None and world.reader is not None
    ids: dict[str, dict[str, Any]] = {
        "child": {"child_id": world.child.pk},
        "edit_child": {"child_id": world.child.pk},
        "history": {"child_id": world.child.pk},
        "history_on_paper": {"child_id": world.child.pk},
        "own_file": {"child_id": world.child.pk},
        "family_mentors": {"child_id": world.child.pk},
        "hand_over": {"child_id": world.child.pk},
        "carer": {"child_id": world.child.pk},
        "calendar_feed": {"secret": "nobody-s"},
        "consent": {"child_id": world.child.pk},
        "give_consent": {"child_id": world.child.pk},
        "withdraw_consent": {"child_id": world.child.pk},
        "stop": {"child_id": world.child.pk},
        "come_back": {"child_id": world.child.pk},
        "read_along": {"child_id": world.child.pk},
        "answer_reader": {"reader_id": world.reader.pk},
        "give_up_reading": {"reader_id": world.reader.pk},
        "quiet": {"child_id": world.child.pk},
        "end_carer": {"carer_id": world.child.carer.pk},
        "guardian": {"link_id": world.child.guardianships.get(order=1).pk},
        "mentor": {"mentor_id": world.mentor.pk},
        "edit_mentor": {"mentor_id": world.mentor.pk},
        "set_paused": {"mentor_id": world.mentor.pk},
        "set_active": {"kind": "child", "pk": world.child.pk},
        "decide_held": {"held_id": held_of(world).pk},
        "dispute": {"report_id": world.report.pk},
        "invite": {"user_id": world.child.user_id},
        "meeting": {"meeting_id": meeting_of(world).pk},
        "change_meeting": {"meeting_id": meeting_of(world).pk},
        "looks": {"child_id": world.child.pk},
        "tell": {"child_id": world.child.pk},
        "help_offered": {"room_id": world.pairing.room.pk},
        "remove_shift": {"shift_id": shift_of(world).pk},
        "judge_alert": {"case_id": world.case.pk, "alert_id": alert_of(world).pk},
        "case_phones": {"case_id": world.case.pk},
        "open_case": {"child_id": world.child.pk},
        "case": {"case_id": world.case.pk},
        "change_case": {"case_id": world.case.pk},
        "decide_reading": {"reading_id": world.reading.pk},
        "review_reading": {"reading_id": world.alone.pk},
        "ask_in_emergency": {"room_id": world.room_id},
        "room": {"room_id": world.room_id},
        "room_readers": {"room_id": world.room_id},
        "end_session": {"room_id": world.room_id},
        "summary": {"session_id": world.session.pk},
        "my_child": {"pairing_id": world.pairing.pk},
        "leave_note": {"pairing_id": world.pairing.pk},
        "elsewhere": {"pairing_id": world.pairing.pk},
        "pair": {"pairing_id": world.pairing.pk},
        "end_pairing": {"pairing_id": world.pairing.pk},
        "answer_call": {"request_id": call_of(world).pk},
        "need": {"what": "hours"},
        "away": {"mentor_id": world.mentor.pk},
        "import": {"upload_id": world.upload.pk},
        "gone_inactive": {"upload_id": world.upload.pk},
        "import_row": {"upload_id": world.unfinished.pk, "kind": "children", "number": 2},
        "bring_in": {"aside_id": world.aside.pk},
        "dismiss_aside": {"aside_id": world.aside.pk},
        "lift_lock": {"lock_id": world.lock.pk},
        "hardly_anybody": {"role": "wellbeing"},
        "left_out": {"kind": "mentor"},
        "exceptions": {"round_id": world.round.pk, "kind": "low_fit"},
    }
    place = {"round_id": world.round.pk, "child_id": world.child.pk, "role": "academic"}
    ids |= {of: place for of in ("change", "comparison", "swap", "lock_pair")}
    wizard = ("sheets", "headings", "correct", "undo", "aside", "bad_rows")
    of_upload = ("take_import", "drop_import", *(f"import_{act}" for act in wizard))
    ids |= {of: {"upload_id": world.unfinished.pk} for of in of_upload}
    of_case = ("take_case", "pass_on_case", "note_in_case", "close_case")
    ids |= {of: {"case_id": world.case.pk} for of in of_case}
    of_round = ("round", "round_progress", "cancel_round", "discard_round", "proposals", "changes", "publish")
    of_round += ("first_exceptions",)
    of_round += ("edits", "undo_edit", "redo_edit", "solve_again")
    of_round += ("wanted",)
    ids |= {of: {"round_id": world.round.pk} for of in of_round}
    known = ids.get(name, {})
    if absent:
        known = {key: value if isinstance(value, str) else ABSENT for key, value in known.items()}
    return reverse(name, kwargs=known)


def body_of(world: World, name: str) -> dict[str, Any]:
    """Where an empty form finds nothing; else it is only shown again."""
    today, week_on = (timezone.localdate() + timedelta(days=days) for days in (0, 7))
    place, version = world.place, {"version": world.round.version}
    bodies: dict[str, dict[str, Any]] = {
        "change": {**version, "mentor_id": place.mentor_id, "slot": place.slot},
        "swap": {**version, "other_id": world.foreign_child.pk},
        "lock_pair": {"kind": "pin", "mentor_id": place.mentor_id},
        "export_pairs": {"form": "csv", "password": cast.PASSWORD},
        "export_meetings": {"form": "csv", "password": cast.PASSWORD, "first": today, "last": week_on},
        "answer_call": {"outcome": "reached"},
        "call_me": {"topic": "other"},
        "end_pairing": {"reason": "not_a_fit", "note": "她喜欢先画图再算。"},
        "leave_note": {"note": "她喜欢先画图再算。"},
        "anew": {"child": world.child.pk},
        "away": {"until": today},
        "answer_hours": {"suits": world.pairing.pk},
        "my_hours": {"slot": [67, 68]},
        "undo_edit": version,
        "redo_edit": version,
        "solve_again": version,
        "import_undo": {"version": world.unfinished.version, "correction": 1},
    }
    return bodies.get(name, {})


def test_the_table_names_every_page() -> None:
    assert set(routes(urlpatterns)) == set(TABLE)


KNOW_IT_EXISTS = {
    ("end_session", "child"),  # their own room, which only the mentor ends
    ("end_session", "emergency reader"),  # open to them to be read
    ("room_readers", "mentor"),  # their own room; the page is for the child
    ("room_readers", "ended mentor"),
    ("room_readers", "emergency reader"),
}
# In the hand: what has no page above it, what answers without a session or in a part, what asks first.
ON_TOP = {
    "home",
    "account",
    "notices",
    "help",
    "help_offered",
    "join",
    "offline",
    "components",
    "standing",
} | {"room_readers"}
WAY_UP = re.compile(r'<a class="up[^"]*"\s+href="([^"]+)"')
FOUND_AGAIN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


def visit(world: World, who: str, name: str, method: str, path: str) -> Any:
    """Inside `undone`."""
    body = body_of(world, name) if method == "post" else {}
    return knock(world, who, method, path, **({"data": body} if body else {}))


def as_a_stranger_sees(answer: Any, path: str) -> tuple[Any, ...]:
    """All that could be compared: without the token, and without the address that was asked for."""
    page = FOUND_AGAIN.sub("", answer.content.decode()).replace(path, "")
    headers = {name: value.replace(quote(path), "") for name, value in answer.headers.items()}
    headers.pop("Content-Length", None)  # the address is part of it
    return answer.status_code, page, sorted(headers.items()), answer.queries


def wrong_ways_up(world: World, who: str, name: str, answer: Any) -> list[tuple[str, ...]]:
    """One way back on every page in the hand, to a page that is there for this person."""
    if not answer.headers["Content-Type"].startswith("text/html"):
        return []
    page = answer.content.decode()
    ways = WAY_UP.findall(page)
    if len(ways) != (name not in ON_TOP and "room-head" not in page):  # a room has its own in its head
        return [("ways up:", *ways)]
    with undone():
        return [("leads nowhere:", way) for way in ways if knock(world, who, "get", way).status_code != 200]


@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("method", BOTH)
def test_everybody_finds_what_the_table_says_and_the_rest_is_as_if_it_were_not_there(
    world: World, method: str
) -> None:
    wrong, tries = [], 0
    fields.hide(world)
    answered: dict[str, dict[str, Any]] = {}
    for name, (methods, who_may) in TABLE.items():
        path, nowhere = path_of(world, name), path_of(world, name, absent=True)
        for who in PEOPLE if method in methods else ("anonymous", "coordinator"):
            with undone():
                answer = visit(world, who, name, method, path)
            check_hardened(answer)
            if method in methods:
                answered.setdefault(f"page {name} {method}", {})[who] = answer
            if method == "get" and answer.status_code == 200 and who in SIGNED_IN - DESK:
                wrong += [(name, who, *found) for found in wrong_ways_up(world, who, name, answer)]
            signed_in = who in SIGNED_IN
            to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/")
            found = answer.status_code not in (404, 405) and (signed_in or not to_sign_in)
            if name == "sign_out":  # its end is the sign-in
                found = answer.status_code == 302
            if found != (method in methods and who in who_may) and not (
                # A page that is only looked at answers a post like a look, or not at all.
                method == "post" and method not in methods and who in who_may
            ):
                wrong.append((name, method, who, answer.status_code))
            if answer.status_code >= 500:
                wrong.append((name, method, who, answer.status_code))
            # The two methods of a page pass the same gate.
            compared = method in methods and (name, who) not in KNOW_IT_EXISTS
            if not found and compared and (method == "get" or "get" not in methods):
                tries += 1
                with undone():
                    absent = visit(world, who, name, method, nowhere)
                if as_a_stranger_sees(absent, nowhere) != as_a_stranger_sees(answer, path):
                    wrong.append((name, method, who, "absent and foreign differ"))
    assert not wrong, "\n".join(map(str, wrong))
    assert tries > (200 if method == "post" else 300)
    fields.compare(answered)
