"""A message is redacted: its words are gone everywhere, its number stays, and it is known who did it."""

from uuid import uuid4

import pytest

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.errors import Invalid, NotYours
from chat import checks, reading
from chat.acts import Refused, Said, Speak
from chat.checks import Mask
from chat.models import Event, Original
from chat.pages import page_of
from chat.protocol import Side, to_json
from chat.record import perform
from chat.redaction import AlreadyRedacted, redact_message
from chat.writer import _looked_at
from tests.chat.people import add_family, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(settings):
    settings.ROOMS_ALWAYS_OPEN = True
    return add_family()


@pytest.fixture
def lead():
    return User.objects.create_user(name="何静", login="sl", is_coordinator=True, is_safeguarding_lead=True)


def say(family, body, cid=None):
    act = Speak(family.rooms["academic"].pk, Side.MENTOR, cid or str(uuid4()), body)
    return perform([_looked_at(act)], now=at(18)).outcomes[0]


def everything(family) -> str:
    """Whatever a page or a replay of the room says."""
    room = family.rooms["academic"].pk
    replay = [to_json(row.frame) for row in reading.rows_after(room, 0)]
    return f"{page_of(actor=family.child.user, room_id=room)} {replay}"


def test_the_words_are_gone_from_every_page_and_replay_and_the_room_is_told(family, lead):
    room, cid = family.rooms["academic"].pk, str(uuid4())
    say(family, "你好")
    secret = say(family, "花园路三号", cid)
    assert "花园路" in everything(family)
    redact_message(actor=lead, room_id=room, s=secret.s, reason="contact")
    assert "花园路" not in everything(family) and "你好" in everything(family)
    rows = list(Event.objects.order_by("s").values_list("s", "kind", "body", "facts"))
    assert rows[1:] == [(2, "msg", None, {}), (3, "redacted", None, {"target": 2})]
    assert Original.objects.get().body == "花园路三号", "kept apart for a case"
    entry = Entry.objects.get(action="message.redacted")
    assert (entry.actor_id, entry.object_id) == (lead.pk, str(room))
    assert entry.facts == {"s": 2, "reason": "contact"}


def test_its_cid_still_stands_for_the_same_words_only(family, lead):
    cid = str(uuid4())
    first = say(family, "花园路三号", cid)
    redact_message(actor=lead, room_id=family.rooms["academic"].pk, s=first.s, reason="contact")
    again = say(family, "花园路三号", cid)
    assert isinstance(again, Said) and again.s == first.s
    assert isinstance(say(family, "别的", cid), Refused)
    assert "花园路" not in everything(family)


def test_twice_is_refused_and_so_is_what_is_no_message(family, lead):
    room = family.rooms["academic"].pk
    said = say(family, "你好")
    redact_message(actor=lead, room_id=room, s=said.s, reason="mistake")
    with pytest.raises(AlreadyRedacted):
        redact_message(actor=lead, room_id=room, s=said.s, reason="mistake")
    for nothing in (2, 99):
        with pytest.raises(NotYours):
            redact_message(actor=lead, room_id=room, s=nothing, reason="mistake")
    assert Event.objects.count() == 2


def test_only_a_safeguarding_lead_may_and_says_why(family, lead):
    said = say(family, "你好")
    room = family.rooms["academic"].pk
    two = (family.academic.user, family.child.user)
    for who in (*two, family.coordinator, family.parent, family.carer, family.stranger):
        with pytest.raises(NotYours):
            redact_message(actor=who, room_id=room, s=said.s, reason="mistake")
    with pytest.raises(Invalid):
        redact_message(actor=lead, room_id=room, s=said.s, reason="")
    assert "你好" in everything(family)


def test_of_a_masked_message_the_words_that_were_said_stay_apart(family, lead, monkeypatch):
    monkeypatch.setattr(checks, "_checks", [lambda words: Mask(words.body.replace("138", "＊"))])
    said = say(family, "打138")
    redact_message(actor=lead, room_id=family.rooms["academic"].pk, s=said.s, reason="contact")
    assert Original.objects.get().body == "打138"
