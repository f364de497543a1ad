"""A sealed case leaves no trace for the family: everything that they can ask for, with it and without it.

The two worlds differ only in whose case it is: this child's, or another family's that the guardian has
nothing to do with. So the counters that the whole programme shares have moved on alike in both.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core import mail
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.care import cases, readings, who_looked
from backend.care.models import Case, Reading
from backend.notices import letters
from backend.notices.access import notices_for
from backend.rosters.looking import open_child
from backend.rosters.models import Child
from chat import duties, history, pages, readers
from chat.acts import Arrive, EndSession, Speak
from chat.models import Event, Meeting, Room, Session
from chat.protocol import Side
from chat.record import perform
from chat.redaction import redact_message
from chat.rooms import freeze_room
from chat.rules.gaps import Gaps
from matching.models import Pairing
from tests.api import routes as of_rest
from tests.api import test_page_walk as of_pages
from tests.api.cast import become
from tests.api.conftest import World, undone
from tests.api.knocking import ask, counted

FAMILY = ("young guardian", "limited guardian", "carer")  # the first sees all that a guardian can see
MINUTE = timedelta(minutes=1)
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value="|"csrf_token":")[^"]+')
Reply = tuple[int, list[tuple[str, str]], bytes, int]


class Story:
    """What happens, in order, by one clock. ``room`` is the own child's, ``sealed`` whose case it is."""

    def __init__(self, world: World, clock: Any, whose: Child) -> None:
        self.world, self.clock, self.whose = world, clock, whose
        self.room = world.pairing.room
        self.sealed = Pairing.objects.live().get(child=whose, role="academic").room
        self.said = 0

    def wait(self, minutes: int) -> None:
        self.clock.shift(minutes * MINUTE)

    def say(self, room: Room, body: str, side: Side = Side.CHILD) -> None:
        self.said += 1
        perform([Speak(room.pk, side, str(UUID(int=self.said)), body)], now=timezone.now())

    def come(self, room: Room) -> None:
        sides = ((Side.MENTOR, 1), (Side.CHILD, 2))
        arrivals = [Arrive(room.pk, side, UUID(int=room.pk * 100 + self.said * 4 + n)) for side, n in sides]
        perform(arrivals, now=timezone.now())

    def end(self, room: Room, summary: str) -> None:
        mentor = Room.objects.with_people().get(pk=room.pk).pairing.mentor.user_id
        perform([EndSession(room.pk, Side.MENTOR, mentor, summary)], now=timezone.now())

    def tell(self) -> None:
        self.say(self.room, "老师好")
        self.come(self.room)
        self.say(self.room, "今天学分数")
        self.say(self.sealed, "封存：有件事想说")
        self.say(self.room, "好的", Side.MENTOR)
        self.wait(10)
        self.end(self.room, "学了分数。")
        self.wait(30)
        self.come(self.sealed)
        self.say(self.sealed, "封存：我不想回家")
        self.say(self.sealed, "封存：谢谢你告诉我", Side.MENTOR)
        self.wait(10)
        self.end(self.sealed, "封存：谈了家里的事。")
        self.wait(5)
        self.say(self.room, "明天见")
        self.seal()
        self.wait(5)
        duties.settle_sessions(timezone.now())
        self.evening()

    def seal(self) -> None:
        """Everything that the leads do about it."""
        lead, coordinator = self.world.people["lead"], self.world.coordinator
        named = self.world.people["guardian"]
        open_child(actor=coordinator, child_id=self.world.child.pk, now=timezone.now())
        case = cases.open_case(actor=None, child_id=self.whose.pk, kind="abuse", named_id=named.pk)
        open_child(actor=lead, child_id=self.whose.pk, now=timezone.now())
        for first, last in runs(self.sealed):
            cases.attach_talk(actor=lead, case_id=case.pk, room_id=self.sealed.pk, first=first, last=last)
        redact_message(actor=lead, room_id=self.sealed.pk, s=runs(self.sealed)[0][0], reason="harm")
        today = timezone.localdate()
        asked = readings.ask_in_emergency(
            actor=coordinator,
            room_id=self.sealed.pk,
            first_day=today,
            last_day=today,
            code="danger",
            reason="孩子说不想回家，需要马上了解情况，确保安全",
        )
        readings.decide_reading(actor=lead, reading_id=asked.pk, approve=True)
        pages.page_of(actor=coordinator, room_id=self.sealed.pk)
        freeze_room(actor=lead, room_id=self.sealed.pk, frozen=True)

    def evening(self) -> None:
        """The letters of the day go."""
        night = timezone.localtime().replace(hour=20, minute=31, second=0, microsecond=0)
        self.clock.move_to(night if night > timezone.localtime() else night + timedelta(days=1))
        mail.outbox.clear()
        letters.gather(timezone.now())
        letters.post()


def runs(room: Room) -> list[tuple[int, int]]:
    """The numbers of what is to be sealed: the single words, and the whole session."""
    marked = list(
        Event.objects.filter(room=room)
        .filter(Q(body__startswith="封存") | Q(original__body__startswith="封存"))
        .order_by("s")
        .values_list("s", flat=True)
    )
    return [(marked[0], marked[0]), (marked[1], marked[-1])]


def replies(world: World, who: str) -> Iterator[tuple[str, Any]]:
    """All that this person can see, and what comes of all that they may do. Inside `undone`.

    What they may not find at all is the walks' to prove: the answer is the same whatever there is.
    """
    become(world, who)
    client = world.client(who)
    if who == "young guardian":
        yield from room_by_pages(world, who)
    lists = [of_rest.path_of(world, f"api-{name}-list") for name in ("summaries", "notices", "meetings")]
    looks = of_rest.path_of(world, "api-looks")
    paths = [f"{path}?page_size=2" for path in lists]
    paths += [f"{looks}?page_size=1&page={page}" for page in (1, 2)]
    paths += [
        of_pages.path_of(world, name) for name, (_ways, who_may) in of_pages.TABLE.items() if who in who_may
    ]
    for path in paths:
        yield path, reply(look(client, path))
    for (name, method), answers in of_rest.TABLE.items():
        if answers.get(who, 404) < 400 and name not in (
            "api-session",
            "api-sessions",
            "api-docs",
            "api-schema",
        ):
            with undone():
                answer = ask(world, who, name, method, path_of(world, who, name))
            yield f"{method} {name}", reply(answer)
    if who == "young guardian":
        yield "the file", unpacked(reply(look(client, of_pages.path_of(world, "own_file"), "post")))
    yield "letters", letters_of(world, who)


def letters_of(world: World, who: str) -> list[tuple[str, str]]:
    return [(each.subject, each.body) for each in mail.outbox if each.to == [world.people[who].email]]


def path_of(world: World, who: str, name: str) -> str:
    """Of their notices one that they know of."""
    path = of_rest.path_of(world, name)
    if not name.startswith("api-notices-read"):
        return path
    known = notices_for(world.people[who]).first()
    return path.replace(re.findall(r"[0-9]+/read", path)[0], f"{known.pk if known else 0}/read")


def room_by_pages(world: World, who: str) -> Iterator[tuple[str, Any]]:
    """The room backwards, two at a time, as REST and as pages."""
    client, before = world.client(who), ""
    while True:
        path = f"/api/v1/rooms/{world.pairing.room.pk}/messages/?limit=2{before}"
        answer = look(client, path)
        yield path, reply(answer)
        number = answer.json().get("before")
        if number is None:
            return
        before = f"&before={number}"
        page = f"/rooms/{world.pairing.room.pk}/?before={number}"
        yield page, reply(look(client, page))


def look(client: Any, path: str, method: str = "get") -> Any:
    with counted() as queries:
        answer = getattr(client, method)(path)
    answer.queries = len(queries)
    return answer


def reply(answer: Any) -> Reply:
    """As bytes, without the form's token, which is another one each time; and how long it took, in queries."""
    headers = [(name, value) for name, value in sorted(answer.headers.items()) if name != "Set-Cookie"]
    return answer.status_code, headers, TOKEN.sub(rb"\1", answer.content), answer.queries


def unpacked(answer: Reply) -> Reply:
    """Of a ZIP what stands in it."""
    with zipfile.ZipFile(io.BytesIO(answer[2])) as archive:
        return *answer[:2], b"".join(map(archive.read, archive.namelist())), answer[3]


@pytest.fixture
def clock(world: World, settings: Any) -> Iterator[Any]:
    """Noon of a day on which neither child meets anybody in the hours around."""
    settings.ROOMS_ALWAYS_OPEN = True
    User.objects.filter(pk=world.people["guardian"].pk).update(email="parent@example.org")
    world.people["guardian"].refresh_from_db()
    start = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    Case.objects.filter(pk=world.case.pk).update(child=another(world))
    around = (start - timedelta(hours=3), start + timedelta(hours=3))
    Meeting.objects.filter(child__in=[world.child, another(world)], start__range=around).delete()
    with time_machine.travel(start, tick=False) as traveller:
        world.sessions.clear()
        for who in FAMILY:
            world.client(who)  # signed in outside what is taken back
        yield traveller


def another(world: World) -> Child:
    """A child of another family of the same size, so that as many people are told as much."""
    size = world.child.guardianships.count(), hasattr(world.child, "carer")
    academic = Pairing.objects.live().filter(role="academic").exclude(mentor=world.mentor)
    for pairing in academic.exclude(child=world.child).select_related("child").order_by("pk"):
        if (pairing.child.guardianships.count(), hasattr(pairing.child, "carer")) == size:
            return pairing.child
    raise AssertionError("the small city has no such child")


@contextmanager
def told(world: World, clock: Any, whose: Child) -> Iterator[None]:
    """The story took place, about this child; afterwards it did not."""
    start = timezone.now()
    with undone():
        Story(world, clock, whose).tell()
        yield
    clock.move_to(start)


def seen(world: World, who: str) -> dict[str, Any]:
    with undone():
        return dict(replies(world, who))


@pytest.mark.django_db
def test_the_family_sees_the_same_bytes_with_a_sealed_case_and_without(world: World, clock: Any) -> None:
    with told(world, clock, another(world)):
        without = {who: seen(world, who) for who in FAMILY}
    with told(world, clock, world.child):
        with_it = {who: seen(world, who) for who in FAMILY}
    for who in FAMILY:
        assert list(with_it[who]) == list(without[who])
        differ = {
            path: (without[who][path], got) for path, got in with_it[who].items() if got != without[who][path]
        }
        assert differ == {}, (who, {path: (each[0][-1], each[1][-1]) for path, each in differ.items()})
    # There was something to see.
    view = with_it["young guardian"]
    assert "明天见" in view["get api-rooms-messages"][2].decode()
    assert "学了分数" in view["get api-child-history"][2].decode()
    assert b'"count":1,' in view["get api-looks"][2]
    assert "学了分数" in view["the file"][2].decode()
    assert len(view["letters"]) == 1 and len(view) > 50
    assert "封存：" not in "".join(each[2].decode() for path, each in view.items() if path != "letters")


def nothing_sealed(*_arguments: Any) -> Q:
    return Q(pk__in=[])


BREAKS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "looks": (who_looked, "_sealed", nothing_sealed),
    "words counted": (history, "sealed_words", nothing_sealed),
    "sessions": (history, "_told", lambda sessions, _readable: sessions),
    "summaries": (
        __import__("chat.access", fromlist=["access"]),
        "wholly_sealed",
        Session.objects.none,
    ),
    "notices and letters": (
        __import__("chat.still_told", fromlist=["still_told"]),
        "sealed_abouts",
        Session.objects.none,
    ),
    "words and numbers": (pages, "gaps_in", lambda _room: Gaps()),
    "the newest number": (pages.Part, "last", lambda _part, room: room.last_s),
    "freezing": (Room, "seems_frozen_to", lambda room, _user: room.frozen),
    "the case itself": (Case.objects.all().__class__, "sealed", lambda rows: rows.none()),
}


@pytest.mark.django_db
def test_the_comparison_notices_every_sealing_that_is_broken(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would prove nothing. And what is released shows again."""
    who, unnoticed = "young guardian", []
    with told(world, clock, another(world)):
        without = seen(world, who)
    for name, (place, attribute, broken) in BREAKS.items():
        with monkeypatch.context() as patch:
            patch.setattr(place, attribute, broken)
            with told(world, clock, world.child), undone():
                if all(without[path] == got for path, got in replies(world, who)):
                    unnoticed.append(name)
    assert unnoticed == []
    with told(world, clock, world.child):
        # The lead's, and the one that the child's words opened by themselves.
        for case in Case.objects.sealed().filter(child=world.child):
            cases.release_case(actor=world.people["lead"], case_id=case.pk)
        found = seen(world, who)
    assert "封存：我不想回家" in found["get api-rooms-messages"][2].decode()
    assert "封存：谈了家里的事。" in found["get api-child-history"][2].decode()
    assert b'"count":3,' in found["get api-looks"][2]


@pytest.mark.django_db
def test_nothing_moves_for_who_began_to_read_after_what_is_sealed(world: World, clock: Any) -> None:
    """The child is past eight, agreed, and the reader knows the number from which on they read."""
    room, guardian = world.pairing.room, world.client("guardian")
    story = Story(world, clock, world.child)
    for words in ("老师好", "封存：有件事想说", "封存：我不想回家", "明天见"):
        story.say(room, words)
    assert world.reader is not None
    readers.answer_reader(actor=world.people["child"], reader_id=world.reader.pk, agree=True)
    for words in ("今天学分数", "好的", "再见"):
        story.say(room, words)

    def view() -> dict[str, Any]:
        paths = (f"/api/v1/children/{world.child.pk}/readers/", f"/api/v1/rooms/{room.pk}/")
        whole = {path: reply(look(guardian, path)) for path in (*paths, f"/rooms/{room.pk}/")}
        return whole | dict(room_by_pages(world, "guardian"))

    before = view()
    story.seal()
    assert view() == before
    assert all(answer[0] == 200 for answer in before.values()) and len(before) > 5


@pytest.mark.django_db
def test_a_look_of_the_case_does_not_swallow_an_ordinary_one(world: World, clock: Any) -> None:
    """Nor the other way round: whoever looks within the hour looks twice when it is for two reasons."""
    coordinator, guardian, child = world.coordinator, world.people["guardian"], world.child
    case = cases.open_case(actor=None, child_id=child.pk, kind="abuse")
    Case.objects.filter(pk=case.pk).update(owner=coordinator)
    open_child(actor=coordinator, child_id=child.pk, now=timezone.now())
    assert who_looked.looks_at(guardian, child.pk).count() == 0
    Case.objects.filter(pk=case.pk).update(owner=None)
    clock.shift(10 * MINUTE)
    open_child(actor=coordinator, child_id=child.pk, now=timezone.now())
    assert who_looked.looks_at(guardian, child.pk).count() == 1


@pytest.mark.django_db
def test_nobody_but_leads_hears_of_a_case(world: World, clock: Any) -> None:
    from backend.notices.models import Notice

    before = Notice.objects.count()
    named = world.people["mentor"]
    cases.open_case(actor=None, child_id=world.child.pk, kind="abuse", named_id=named.pk)
    assert Notice.objects.count() == before
    reading = readings.ask_in_emergency(
        actor=world.people["lead"],
        room_id=world.pairing.room.pk,
        first_day=timezone.localdate(),
        last_day=timezone.localdate(),
        code="danger",
        reason="孩子说不想回家，需要马上了解情况，确保安全",
    )
    assert Reading.objects.get(pk=reading.pk).case is not None
    staff = set(User.objects.filter(is_coordinator=True).values_list("pk", flat=True))
    assert (
        set(
            Notice.objects.order_by("-pk").values_list("person_id", flat=True)[
                : Notice.objects.count() - before
            ]
        )
        <= staff
    )
