"""Who looked at a child, for its family, in plain words and without names; the log for leads and for oneself."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.care.access import waiting_readings
from backend.care.cases import attach_talk, close_case, open_case, release_case
from backend.care.readings import ask_in_emergency, attach_reading, decide_reading
from backend.care.who_looked import in_words, log_for, looks_at
from backend.errors import NotYours
from backend.rosters.looking import open_child
from backend.web.acts import ACTS, act_in_words, look_in_words
from chat.holds import look_at_holds
from chat.models import Held, Reader
from chat.pages import page_of
from chat.rooms import decide_held, freeze_room
from tests.care.test_rules import REASON
from tests.chat.people import add_family

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def plain_settings(settings, tmp_path):
    settings.ALLOWED_HOSTS, settings.STATIC_ROOT, settings.DEMO = ["testserver"], tmp_path, False


def look(actor, family, now: datetime | None = None):
    open_child(actor=actor, child_id=family.child.pk, now=now or timezone.now())


def read(family, lead):
    """The coordinator reads the academic room, approved by the lead."""
    room, day = family.rooms["academic"], timezone.localdate()
    asked = ask_in_emergency(
        actor=family.coordinator, room_id=room.pk, first_day=day, last_day=day, code="law", reason=REASON
    )
    assert waiting_readings(lead).get() == asked
    decide_reading(actor=lead, reading_id=asked.pk, approve=True)
    page_of(actor=family.coordinator, room_id=room.pk)


def words(actor, family):
    with translation.override("zh-hans"):
        return [look_in_words(each) for each in in_words(actor, looks_at(actor, family.child.pk))]


def test_a_parent_reads_as_what_somebody_looked_and_never_who(family, lead):
    look(family.coordinator, family)
    look(lead, family)
    read(family, lead)
    day = timezone.localdate()
    on = f"{day.month}月{day.day}日"
    assert words(family.parent, family) == [
        f"紧急情况下，经第二人同意，协调员查看了孩子与学业导师的聊天（{on}至{on}）。",
        "协调员查看了孩子的资料。",
        "协调员查看了孩子的资料。",
    ]
    client = Client()
    client.force_login(family.parent)
    for path in (f"/children/{family.child.pk}/looks/", f"/api/v1/children/{family.child.pk}/looks/"):
        page = client.get(path)
        assert page.status_code == 200
        for name in (family.coordinator.name, lead.name, REASON):
            assert name not in page.content.decode()
    assert {each.who for each in in_words(lead, looks_at(lead, family.child.pk))} == {"甲", "何静"}


def test_only_a_look_that_belongs_to_a_case_says_that_a_lead_looked(family, lead):
    look(lead, family)
    open_case(actor=family.coordinator, child_id=family.child.pk, kind="other")
    look(lead, family)
    look(family.coordinator, family)
    assert words(family.parent, family) == [
        "协调员查看了孩子的资料。",
        "儿童保护负责人查看了孩子的资料。",
        "协调员查看了孩子的资料。",
    ]


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("get", "/children/{child}/", None),
        ("get", "/children/{child}/edit/", None),
        ("get", "/children/{child}/history/", None),
        ("get", "/guardians/{link}/", None),
        ("get", "/api/v1/children/{child}/", None),
        ("get", "/api/v1/children/{child}/card/", None),
        ("get", "/api/v1/children/{child}/history/", None),
        ("patch", "/api/v1/children/{child}/", {"needs": "安静"}),
        ("put", "/api/v1/children/{child}/active/", {"active": True}),
        ("put", "/api/v1/guardians/{link}/", {"status": "limited", "reason": "court"}),
    ],
)
def test_every_door_to_a_child_s_row_writes_down_who_of_the_staff_looked(family, method, path, given):
    """Once in an hour; the child, its guardian and its mentors leave no trace."""
    path = path.format(child=family.child.pk, link=family.child.guardianships.get().pk)
    looks = Entry.objects.filter(action="child.viewed", object_id=str(family.child.pk))
    client = Client()
    for who in (family.parent, family.child.user, family.academic.user):
        client.force_login(who)
        getattr(client, method)(path, given, content_type="application/json")
    assert not looks.exists()
    client.force_login(family.coordinator)
    for _again in range(2):
        answer = getattr(client, method)(path, given, content_type="application/json")
        assert answer.status_code in (
            200,
            204,
            400,
        )  # 400: this child's cells are not all there; it was opened
    assert looks.get().actor_id == family.coordinator.pk
    assert looks.get().facts == {"capacity": "coordinator"}


def held_in(family, body="加我微信"):
    return Held.objects.create(
        room=family.rooms["academic"], sender="mentor", cid=uuid4(), body=body, said_at=timezone.now()
    )


def test_who_looked_at_a_held_message_is_told_but_for_what_belongs_to_a_sealed_case(family, lead):
    first = held_in(family)
    assert look_at_holds(actor=family.coordinator) == [first]
    told = ["协调员查看了一条导师发出、等待处理的消息。"]
    assert words(family.parent, family) == told
    decide_held(actor=family.coordinator, held_id=first.pk, release=True)
    case = open_case(actor=None, child_id=family.child.pk, kind="abuse")
    assert words(family.parent, family) == told, "what was seen before it was opened stays"
    held_in(family, "别告诉你妈妈")
    for who in (family.coordinator, lead):
        look_at_holds(actor=who)
    assert words(family.parent, family) == told
    first.refresh_from_db()
    said = first.event.s
    attach_talk(actor=lead, case_id=case.pk, room_id=first.room_id, first=said, last=said)
    assert words(family.parent, family) == []
    release_case(actor=lead, case_id=case.pk)
    assert sorted(words(family.parent, family)) == sorted([*told * 2, "儿童保护负责人" + told[0][3:]])


def test_guardians_never_see_each_other_s_reading(family):
    other = User.objects.create_user(name="林爸爸")
    family.child.guardianships.create(guardian=other, order=2)
    family.child.birth_date = date(timezone.localdate().year - 5, 1, 1)
    family.child.save()
    reads = {"why": "age", "state": "reading", "from_s": 1, "began_at": timezone.now()}
    Reader.objects.create(room=family.rooms["academic"], guardian=other, **reads)
    page_of(actor=other, room_id=family.rooms["academic"].pk)
    assert Entry.objects.filter(action="room.viewed").count() == 1
    assert words(family.parent, family) == words(other, family) == []


def test_who_is_not_an_active_guardian_or_a_lead_asks_in_vain(family):
    look(family.coordinator, family)
    family.child.guardianships.update(status="limited", status_reason="协议")
    mentors = (family.academic.user, family.wellbeing.user)
    for other in (family.parent, family.carer, family.child.user, family.coordinator, *mentors):
        with pytest.raises(NotYours):
            looks_at(other, family.child.pk)


def test_the_log_is_the_lead_s_and_everybody_s_own(family, lead):
    look(family.coordinator, family)
    look(lead, family)
    acts = [("child.viewed", lead.pk), ("child.viewed", family.coordinator.pk)]
    assert list(log_for(lead).values_list("action", "actor_id")) == acts
    assert list(log_for(family.coordinator).values_list("action", "actor_id")) == acts[1:]
    for other in (family.parent, family.child.user, family.academic.user):
        with pytest.raises(NotYours):
            log_for(other)


def test_a_page_of_looks_asks_as_often_for_thirty_as_for_one(family, django_assert_max_num_queries):
    client = Client()
    client.force_login(family.parent)
    path = f"/children/{family.child.pk}/looks/"
    look(family.coordinator, family)
    with django_assert_max_num_queries(16) as few:
        assert client.get(path).content.count(b"<article") == 1
    for hours in range(1, 35):
        look(family.coordinator, family, timezone.now() + hours * 2 * HOUR)
    assert Entry.objects.filter(action="child.viewed").count() == 35
    with django_assert_max_num_queries(len(few)):
        assert client.get(path).content.count(b"<article") == 30
    assert client.get(path, {"page": 2}).content.count(b"<article") == 5


def test_an_act_is_said_in_words_and_a_new_one_by_its_name():
    with translation.override("zh-hans"):
        assert act_in_words(Entry(action="reading.approved")) == "同意紧急查看"
        assert act_in_words(Entry(action="moon.landed")) == "moon.landed"


def test_every_act_that_the_code_records_has_words():
    root = Path(__file__).parents[2]
    sources = [path for part in ("backend", "chat", "matching") for path in (root / part).rglob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    calls = re.findall(r"audit\.record\(([^)]*)", text) + re.findall(r"\bact = (.*)", text)
    recorded = {act for call in calls for act in re.findall(r'"([a-z_]+\.[a-z_]+)"', call)}
    assert len(recorded) > 60 and recorded - set(ACTS) == set()


def test_the_log_s_page_says_what_an_act_is_about_in_words_and_names(family, lead):
    look(family.coordinator, family)
    read(family, lead)
    case = open_case(actor=family.coordinator, child_id=family.child.pk, kind="other")
    pages = {}
    for who in (lead, family.coordinator):
        client = Client()
        client.force_login(who)
        pages[who] = client.get("/log/").content.decode()
        assert not re.search(r"\b(rosters|chat|care|accounts)\.", pages[who])
    child = family.child.name
    assert f"孩子：{child}" in pages[lead] and f"个案：{child}" in pages[lead]
    assert f"聊天室：{child} · {family.academic.name}" in pages[lead]
    # Of a case that is not theirs to read a coordinator knows the number that they opened.
    assert f"个案：{case.pk}" in pages[family.coordinator]


def acts_in(actor):
    return list(log_for(actor).values_list("action", flat=True).order_by("number"))


def much_happens(family, lead, named=None):
    """All of it the second lead's, the coordinator's or the system's."""
    case = open_case(actor=lead, child_id=family.child.pk, kind="abuse", named_id=named and named.pk)
    look(lead, family)
    read(family, lead)
    freeze_room(actor=lead, room_id=family.rooms["academic"].pk, frozen=True)
    close_case(actor=lead, case_id=case.pk, outcome="settled")
    return case


ALL = [
    "case.opened",
    "child.viewed",
    "reading.asked",
    "reading.approved",
    "room.viewed",
    "room.frozen",
    "case.closed",
]


@pytest.mark.parametrize("how", ["guardian", "suspended", "carer", "mentor", "named"])
def test_the_log_tells_a_lead_nothing_of_a_child_close_to_them(family, lead, second_lead, how):
    other = add_family(5, slots=(1, 25))
    if how in ("guardian", "suspended"):
        status = "active" if how == "guardian" else how
        family.child.guardianships.create(guardian=lead, order=2, status=status, status_reason="法院")
    elif how == "carer":
        family.child.carer.user = lead
        family.child.carer.save()
    elif how == "mentor":
        family.wellbeing.user = lead
        family.wellbeing.save()
    case = much_happens(family, second_lead, named=lead if how == "named" else None)
    assert acts_in(lead) == []
    assert acts_in(second_lead) == ALL
    client = Client()
    client.force_login(lead)
    assert client.get("/api/v1/log/").json()["results"] == []
    look(lead, other)
    look(second_lead, other)
    assert acts_in(lead) == ["child.viewed"] * 2, "their own, and of others"
    if how == "named":
        release_case(actor=second_lead, case_id=case.pk)
        assert "room.frozen" in acts_in(lead) and not [act for act in acts_in(lead) if "case" in act]


def test_what_was_asked_before_a_sealed_case_and_opened_after_it_is_the_case_s(family, lead, second_lead):
    room, day = family.rooms["academic"], timezone.localdate()
    asked = ask_in_emergency(
        actor=family.coordinator, room_id=room.pk, first_day=day, last_day=day, code="law", reason=REASON
    )
    released = open_case(actor=None, child_id=family.child.pk, kind="other", sealed=True)
    attach_reading(actor=lead, reading_id=asked.pk, case_id=released.pk)
    release_case(actor=lead, case_id=released.pk)
    case = open_case(actor=None, child_id=family.child.pk, kind="abuse")
    decided = decide_reading(actor=lead, reading_id=asked.pk, approve=True)
    page_of(actor=family.coordinator, room_id=room.pk)
    assert decided.case == case and words(family.parent, family) == []
    release_case(actor=lead, case_id=case.pk)
    assert len(words(family.parent, family)) == 1


@pytest.mark.parametrize("first", [0, 1])
def test_what_was_read_stays_unseen_while_any_case_of_the_child_is_sealed(family, lead, first):
    cases = [open_case(actor=None, child_id=family.child.pk, kind="abuse") for _ in range(2)]
    read(family, lead)
    elsewhere = add_family(5, slots=(1, 25)).child
    open_case(actor=None, child_id=elsewhere.pk, kind="abuse")
    release_case(actor=lead, case_id=cases[first].pk)
    assert words(family.parent, family) == []
    release_case(actor=lead, case_id=cases[1 - first].pk)
    assert len(words(family.parent, family)) == 1
    open_case(actor=None, child_id=family.child.pk, kind="abuse")
    assert len(words(family.parent, family)) == 1, "what was seen once does not vanish"
