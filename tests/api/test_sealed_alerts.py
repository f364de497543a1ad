"""Whatever is raised about a child: what its parents, and whom a report names, can see stays the same to the byte."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.care import rota
from backend.care.alerts import ask_for_help, raise_alert, tell_those_on_duty
from backend.care.calling import climb_ladders
from backend.care.cases import attach_words
from backend.care.ladder import ROUTES
from backend.care.models import Alert, Case, Shift, Wake
from backend.rosters.models import Child
from chat.acts import Speak
from chat.models import Event, Room
from chat.protocol import Side
from chat.record import perform
from matching.models import Pairing
from tests.api import routes as of_rest
from tests.api import test_page_walk as of_pages
from tests.api.cast import become
from tests.api.conftest import World, undone
from tests.api.test_sealed import MINUTE, clock, letters_of, look, reply, room_by_pages

__all__ = ["clock"]  # the fixture: noon of a day on which nobody meets

FAMILY = ("young guardian", "limited guardian", "carer")
SEEN_BY = (*FAMILY, "mentor")
SAID = {"S1": "我不想活了", "A1": "爸爸又打我", "A2": "他让我不要说出去"}


def view(world: World, who: str) -> dict[str, Any]:
    """Every page and every resource that this person may get."""
    with undone():
        become(world, who)
        client = world.client(who)
        pages = [
            of_pages.path_of(world, name)
            for name, (ways, who_may) in of_pages.TABLE.items()
            if who in who_may and "get" in ways
        ]
        rest = [
            of_rest.path_of(world, name)
            for (name, method), answers in of_rest.TABLE.items()
            if method == "get" and answers[who] < 400 and name not in ("api-schema", "api-docs")
        ]
        seen = {path: reply(look(client, path)) for path in (*pages, *rest, "/duty/", "/duty/standing/")}
        if who == "young guardian":
            seen |= dict(room_by_pages(world, who))
        return seen | {"letters": letters_of(world, who) if world.people[who].email else []}


def say(room: Room, number: int, body: str) -> None:
    perform([Speak(room.pk, Side.CHILD, str(UUID(int=number)), body)], now=timezone.now())


def raise_every_kind(world: World, *, said_in: str = "academic") -> None:
    """said_in: the room of the words that are sealed. The guardian reads the academic one; it is the mentor's own."""
    child = Child.objects.get(pk=world.child.pk)
    rooms = {pairing.role: pairing.room for pairing in Pairing.objects.live().filter(child=child)}
    for named in (world.mentor.user, world.people["guardian"]):
        tell_those_on_duty(actor=child.user, child_id=child.pk, kind="report", named=named.pk)
    ask_for_help(actor=child.user)
    concern = {"kind": "concern", "words": "他今天一直没说话"}
    tell_those_on_duty(actor=world.people["wellbeing mentor"], child_id=child.pk, **concern)
    # What is sealed is said now; the rest was said before.
    say(rooms[said_in], 71, SAID["A1"])
    say(rooms["wellbeing"], 72, SAID["A2"])
    said = Event.objects.get(room=rooms["academic"], body=SAID["S1"])
    for kind in ("S1", "S2", "S3", "H1", "B1", "F1"):
        alert = raise_alert(actor=None, child=child, kind=kind, room=rooms["academic"], s=said.s)
        attach_words(case=alert.case, room=rooms["academic"], first=said.s, last=said.s)
    for minutes in range(0, 14, 2):
        climb_ladders(timezone.now() + minutes * MINUTE)
    assert set(Alert.objects.values_list("kind", flat=True)) == set(ROUTES)


@pytest.fixture
def before(world: World, clock: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """The mentor is on duty, and would be called, were it not the one who is named."""
    now = timezone.now()
    for who in SEEN_BY:
        world.client(who)  # signed in outside what is taken back
    Shift.objects.create(
        person=world.mentor.user, post="counsellor", begins_at=now - 60 * MINUTE, ends_at=now + 200 * MINUTE
    )
    with monkeypatch.context() as patch:
        patch.setattr("chat.record.checks.tell_heard", lambda *_: None)
        say(world.pairing.room, 70, SAID["S1"])
    return world


def first_difference(differ: dict[str, Any]) -> Any:
    """The lines of the first page that are not the same, or its queries: whole pages would bury them."""
    was, now = next(iter(differ.values()))
    if not isinstance(was, tuple) or was[:2] != now[:2]:
        return was[:2], now[:2]
    lines = zip(was[2].decode().splitlines(), now[2].decode().splitlines(), strict=False)
    return [pair for pair in lines if pair[0] != pair[1]][:5] or (was[3], now[3])


@pytest.mark.django_db
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("whos", "said_in"), [(FAMILY, "academic"), (("mentor",), "wellbeing")])
def test_nothing_changes_for_the_parents_and_for_whom_a_report_names(
    before: World, whos: tuple[str, ...], said_in: str
) -> None:
    views = {who: view(before, who) for who in whos}
    raise_every_kind(before, said_in=said_in)
    for who in whos:
        after = view(before, who)
        assert list(after) == list(views[who])
        differ = {path: (views[who][path], got) for path, got in after.items() if got != views[who][path]}
        assert differ == {}, (who, sorted(differ), first_difference(differ))
    assert all(len(each) > 10 for each in views.values())
    assert "mentor" not in views or views["mentor"]["/duty/"][0] == 200
    assert not Wake.objects.filter(
        person__in=[before.mentor.user, before.people["guardian"], before.people["carer"]]
    ).exists()
    assert Wake.objects.filter(person=before.people["lead"]).count() >= 4


@pytest.mark.django_db
@pytest.mark.timeout(300)
@pytest.mark.parametrize("broken", ["whom to call", "sealing", "whom it names"])
def test_the_comparison_would_notice(before: World, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    who = "young guardian" if broken == "sealing" else "mentor"
    seen = view(before, who)
    if broken == "sealing":
        monkeypatch.setattr(Case.objects.all().__class__, "sealed", lambda rows: rows.none())
    else:
        monkeypatch.setattr(rota, "may_help", lambda _case, people: list(people))
    if broken == "whom it names":
        nobody = Child.objects.none
        monkeypatch.setattr("backend.care.access.kept_away", lambda _actor: nobody())
    raise_every_kind(before, said_in="academic" if broken == "sealing" else "wellbeing")
    if broken == "whom to call":
        assert Wake.objects.filter(person=before.mentor.user).exists()
    else:
        assert view(before, who) != seen
