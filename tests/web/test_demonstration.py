"""The demonstration of a small city, made at an odd hour, and started again days later."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.test import Client, override_settings

from backend.care.access import who_may_decide
from backend.care.models import Alert
from backend.care.readings import ask_in_emergency, decide_reading
from backend.web.demonstration import people
from backend.web.demonstration.city import build
from backend.web.demonstration.live import carry_on, start_again
from backend.web.demonstration.present import keep_meeting_now, keep_next_near
from backend.web.demonstration.talks import Talk, everyday
from chat import duties
from chat.acts import Arrive, Leave
from chat.history import history_for
from chat.measuring import differences
from chat.meetings import cancel_meeting, take_back_cancelling
from chat.models import Elsewhere, Event, Held, Meeting, Session, Summary
from chat.protocol import Side
from chat.reading import beat
from chat.record import perform
from chat.rules.meetings import TO_COME
from chat.rules.times import HOUR
from chat.uptime import still_serving
from matching.models import Pairing, Round
from tests.chat.people import at

pytestmark = pytest.mark.django_db

NIGHT = at(3.2, day=20)  # Thursday, in the middle of the night
SIZE = 60


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """Sixty children, whose demonstration begins at night. Made once: every test gets it back as it was."""
    mode = override_settings(DEMO=True, ROOMS_ALWAYS_OPEN=True, DATA_DIR=tmp_path_factory.mktemp("demo"))
    with django_db_blocker.unblock(), transaction.atomic():
        with mode, time_machine.travel(NIGHT, tick=False):
            build(lambda _words: None, size=SIZE)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def city(made, db, settings):
    settings.DEMO = settings.ROOMS_ALWAYS_OPEN = True
    return people.everybody()


def lesson_of(child) -> Meeting:
    return Meeting.objects.to_come().filter(child__user=child, pairing__role="academic").earliest("start")


def test_nothing_that_the_invented_children_said_called_anybody(city):
    assert {alert.kind for alert in Alert.objects.all()} == {"help"}


def test_two_weeks_lie_behind_and_a_meeting_is_on_whatever_the_hour(city):
    assert list(city) == list(people.ROLES)
    child, now = city["child"].child, NIGHT
    over = Meeting.objects.filter(start__lte=now - HOUR)
    assert over.count() >= 2 * 2 * SIZE and not over.filter(state__in=TO_COME).exists()
    assert over.filter(state="held").count() > 0.9 * over.count() and over.filter(state="missed").exists()
    assert not Session.objects.filter(settled_at=None).exists() and not list(differences(now))

    # They belong together.
    live = {pairing.role: pairing for pairing in Pairing.objects.live().filter(child=child)}
    assert (
        live["academic"].mentor.user == city["mentor"] and live["wellbeing"].mentor.user == city["counsellor"]
    )
    assert child.guardianships.get(order=1).guardian == city["parent"] and child.carer.user == city["carer"]
    assert not Pairing.objects.filter(mentor__user=city["stranger"], child=child).exists()

    # What a visitor looks for.
    lesson = lesson_of(city["child"])
    assert lesson.start <= now < lesson.start + HOUR
    talk = Meeting.objects.to_come().filter(pairing=live["wellbeing"], start__gt=now).earliest("start")
    assert talk.start < now + timedelta(days=2)
    replaced = Pairing.objects.get(child=child, ended_at__isnull=False)
    assert replaced.role == "wellbeing" and replaced.room.ended
    lines = history_for(actor=city["mentor"], child_id=child.pk, month=now.date(), now=now).lines
    assert {"missed", "held"} <= {line.state for line in lines} and any(
        line.kind == "elsewhere" for line in lines
    )
    assert Elsewhere.objects.get().medium == "phone"
    held = Held.objects.get()
    assert (held.sender, held.state) == ("mentor", "waiting") and city["mentor"].phone in held.body
    said = Event.objects.filter(room__pairing__child=child, kind="msg").values_list("body", flat=True)
    assert not any(city["mentor"].phone in body or "{" in body for body in said)
    assert Summary.objects.filter(mood__isnull=False).exists()
    for room in {event.room_id for event in Event.objects.all()}:
        times = list(Event.objects.filter(room=room).order_by("s").values_list("at", flat=True))
        assert times == sorted(times), "what has a later number was said later"


def test_days_later_what_lies_between_was_attended_and_a_meeting_is_on_again(city):
    later = NIGHT + timedelta(days=5, hours=9)
    still_serving(uuid4(), NIGHT)
    with time_machine.travel(later, tick=False):
        build(lambda _words: None, size=SIZE)
    between = Meeting.objects.filter(start__gt=NIGHT, start__lte=later - HOUR)
    assert between.count() > SIZE and between.filter(state="held").count() > 0.8 * between.count()
    assert not between.filter(state="void").exists()
    lesson = lesson_of(city["child"])
    assert lesson.start <= later < lesson.start + HOUR


def test_after_a_long_sleep_there_were_no_meetings_but_two_new_weeks(city):
    later = NIGHT + timedelta(days=100)
    list(start_again(later))
    asleep = Meeting.objects.filter(start__gt=NIGHT + timedelta(days=1), start__lt=later - timedelta(days=15))
    assert not asleep.exclude(state="cancelled").exists()
    fresh = Meeting.objects.filter(start__gt=later - timedelta(days=14), start__lte=later - HOUR)
    assert fresh.filter(state="held").count() > 3 * SIZE


def test_a_lesson_that_nobody_enters_slides_along_and_one_that_is_used_does_not(city):
    lesson = lesson_of(city["child"])
    looked_in = uuid4()
    perform([Arrive(lesson.pairing.room.pk, Side.CHILD, looked_in)], now=NIGHT)
    perform([Leave(lesson.pairing.room.pk, looked_in, NIGHT)], now=NIGHT)
    unused = NIGHT + timedelta(minutes=75)
    carry_on(unused)
    lesson.refresh_from_db()
    assert lesson.start <= unused < lesson.start + HOUR
    entered = lesson.start
    token = uuid4()
    perform([Arrive(lesson.pairing.room.pk, Side.CHILD, token)], now=unused)
    beat({token: unused + timedelta(minutes=20)})
    carry_on(unused + timedelta(minutes=50))
    lesson.refresh_from_db()
    assert lesson.start == entered
    duties.judge_meetings(entered + HOUR + timedelta(minutes=2))
    lesson.refresh_from_db()
    assert lesson.missed_by == "mentor", "it is judged by who really came"


def test_the_worker_lets_an_hour_be_attended_before_it_is_judged(city):
    nine = (
        Meeting.objects.to_come()
        .filter(start__gt=NIGHT + 2 * HOUR)
        .exclude(child__user=city["child"])
        .earliest("start")
    )
    over = nine.start + HOUR + timedelta(seconds=20)
    carry_on(over)
    carry_on(over + timedelta(seconds=15))
    assert (
        Session.objects.filter(meeting__start=nine.start).count()
        <= Meeting.objects.filter(start=nine.start).count()
    )
    duties.judge_meetings(over + timedelta(minutes=2))
    assert Meeting.objects.filter(start=nine.start, state="held").exists()


def test_everyday_talks_are_whole_whatever_is_drawn():
    drawn = [everyday(n / 997, academic=bool(n % 2)) for n in range(997)]
    assert sum(not (talk.child_comes and talk.mentor_comes) for talk in drawn) in range(25, 45)
    for talk in drawn:
        times = [after for after, _side, _text in talk.said()]
        assert times == sorted(times) and all(after <= timedelta(minutes=talk.minutes) for after in times)
    assert Talk((), minutes=12).said() == []


def test_a_second_lead_can_decide_what_the_coordinator_asks(city):
    room = lesson_of(city["child"]).pairing.room
    with time_machine.travel(NIGHT, tick=False):
        reading = ask_in_emergency(
            actor=city["coordinator"],
            room_id=room.pk,
            first_day=NIGHT.date(),
            last_day=NIGHT.date(),
            code="danger",
            reason="孩子在房间里说不想回家，也不说为什么，请让我看看。",
        )
        assert who_may_decide(reading) == [city["lead"]]
        assert decide_reading(actor=city["lead"], reading_id=reading.pk, approve=True).state == "opened"


def test_what_the_door_promises_for_a_minute_is_behind_each_of_its_links(city, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    door = client.get("/", headers={"host": "localhost:8000"}).content.decode()
    card = door.partition("一分钟看完")[2].partition("</section>")[0]
    shown = {}
    for address in re.findall(r'href="([^"]+)"', card):
        host, _slash, path = html.unescape(address).removeprefix("http://").partition("/")
        answer = Client().get(f"/{path}", headers={"host": host}, follow=True)
        assert answer.status_code == 200
        shown[host.partition(".")[0], answer.request["PATH_INFO"]] = answer.content.decode()
    child = city["child"].child
    plan = Round.objects.get(state="published")
    academic = Pairing.objects.live().get(child=child, role="academic")
    assert {role for role, _path in shown} == {"coordinator", "child", "parent"} and len(shown) == 6
    bound = plan.summary["objective_bound"]
    assert f"任何方案都不会超过 {bound}。" in shown["coordinator", f"/rounds/{plan.pk}/"]
    places = shown["coordinator", f"/rounds/{plan.pk}/proposals/"]
    why = re.search(r'href="([^"]+)">\s*为什么是他们', places)
    assert why is not None
    desk = Client()
    desk.force_login(city["coordinator"])
    assert "合计（契合度）" in desk.get(html.unescape(why[1])).content.decode()
    assert "病了" in shown["coordinator", f"/mentors/{city['counsellor'].mentor.pk}/away/"]
    room = shown["child", f"/rooms/{academic.room.pk}/"]
    assert ">断网<" in room and "能看到这里的话" in room
    assert "我需要帮助" in shown["child", "/"] and child.call_name in shown["parent", "/"]


def test_what_a_visitor_called_off_stays_so(city):
    child = city["child"].child
    pairs = {pairing.role: pairing for pairing in Pairing.objects.live().filter(child=child)}
    for role, keep in (("academic", keep_meeting_now), ("wellbeing", keep_next_near)):
        mine = Meeting.objects.to_come().filter(pairing=pairs[role], start__gt=NIGHT - HOUR).order_by("start")
        near, later = mine[:2]
        if role == "wellbeing":  # called off and taken back like any other, too
            asked = {"actor": city["parent"], "meeting_id": near.pk, "now": NIGHT}
            cancel_meeting(**asked)
            assert take_back_cancelling(**asked).state == "moved"
        Meeting.objects.filter(pk=near.pk).update(state="cancelled", changed_at=NIGHT)
        keep(NIGHT)
        assert mine[0].start == later.start > NIGHT + timedelta(days=2)


def test_the_door_leads_to_its_own_pages_only(city, client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    for to in ("//elsewhere.example/", "https://elsewhere.example/", "notices", ""):
        answer = client.get("/", {"language": "en", "to": to}, headers={"host": "child.localhost:8000"})
        assert answer.headers["Location"] == "/"


def test_only_the_demonstration_has_scissors(city, client, settings):
    pairing = Pairing.objects.live().get(child=city["child"].child, role="academic")
    client.force_login(city["child"])
    assert "cut.js" in client.get(f"/rooms/{pairing.room.pk}/").content.decode()
    settings.DEMO = False
    room = client.get(f"/rooms/{pairing.room.pk}/").content.decode()
    assert "cut.js" not in room and 'id="cut"' not in room
