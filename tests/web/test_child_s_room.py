"""What a child reads and can tap in its room, by its grade; and who can read the room, as the gates decide."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from backend import web
from backend.audit.models import Entry
from backend.rosters.models import Carer, Child
from backend.web import who_reads
from backend.web.bands import Band, band_of
from chat import explaining, readers
from chat.models import Meeting, Room
from chat.rules.meetings import MeetingState
from matching.models import Pairing
from tests.chat.people import Family, add_family, at
from tests.chat.test_meetings import academic
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db
OWN = Path(web.__file__).parent / "static/web"
SCRIPTS = OWN / "room"
PHRASES = ["我做完了", "我不会", "等一下", "我想休息", "我很开心", "我难过", "大人在旁边", "再见"]
# Talking down, praise by a machine, counting days, calling back.
NOT_SAID = ["小朋友", "宝贝", "真棒", "加油", "好棒", "乖", "打卡", "连续", "第几次", "快来", "别忘了"]
MOST_BYTES = 150_000
# Later than Chrome 69, which old phones' WebViews still are.
LATER = {
    "optional chaining": r"\w\?\.\D",
    "nullish": r"\?\?",
    "private fields": r"[.\s]#\w",
    "fields of a class": r"^  (?:static )?\w+ = ",
    "a static block": r"static \{",
    "assignment of ||= and &&=": r"(?:\|\||&&)=",
    "numbers with _": r"\b\d+_\d",
    "top-level await": r"^(?:const .* = )?await ",
    "methods": r"\.(?:at|replaceAll|matchAll|flatMap|replaceChildren|allSettled|hasOwn|structuredClone)\(",
    "Object.fromEntries": r"fromEntries",
    "globalThis": r"globalThis",
}


@pytest.fixture
def family():
    with time_machine.travel(at(12), tick=False):
        yield add_family()


def room_page(family: Family, role: str = "academic", *, grade: int = 5) -> str:
    Child.objects.update(grade=grade)
    with translation.override("zh-hans"):
        answer = browser_of(family.child.user).get(f"/rooms/{family.rooms[role].pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_bands_are_to_grade_3_to_6_and_from_7_on():
    bands = [band_of(grade) for grade in range(1, 13)]
    assert bands == [Band.SMALL] * 3 + [Band.MIDDLE] * 3 + [Band.GROWN] * 6


@pytest.mark.parametrize(("grade", "pictures"), [(1, True), (3, True), (4, False), (7, False), (12, False)])
def test_eight_phrases_with_pictures_and_a_voice_up_to_grade_3(family, grade, pictures):
    page = room_page(family, "wellbeing", grade=grade)
    said = re.findall(r'class="phrase">\s*<svg.*?</svg>\s*<span>(.*?)</span>', page, re.S)
    assert said == (PHRASES if pictures else [])
    assert ('id="aloud"' in page) == pictures


def test_a_place_in_a_book_and_signs_stand_in_rooms_of_learning_only(family):
    academic, wellbeing = room_page(family), room_page(family, "wellbeing")
    assert "课本·页·题" in academic and 'value="数学"' in academic and ">≤</button>" in academic
    assert "课本·页·题" not in wellbeing and ">≤</button>" not in wellbeing
    mentor = browser_of(family.academic.user).get(f"/rooms/{family.rooms['academic'].pk}/").content.decode()
    assert ">≤</button>" in mentor and "课本·页·题" not in mentor


@pytest.mark.parametrize(("subject", "reckons"), [("english", False), ("science", True)])
def test_signs_stand_where_one_reckons(family, subject, reckons):
    Pairing.objects.filter(role="academic").update(subject=subject)
    child = room_page(family)
    mentor = browser_of(family.academic.user).get(f"/rooms/{family.rooms['academic'].pk}/").content.decode()
    for page in (child, mentor):
        assert ("× ÷ ½ √" in page) is reckons and (">≤</button>" in page) is reckons
    assert "课本·页·题" in child and "课本·页·题" not in mentor


def test_a_mentor_finds_the_way_to_a_worry_in_the_room(family):
    way = f'href="/children/{family.child.pk}/tell/"'
    for room in family.rooms.values():
        mentor = browser_of(room.pairing.mentor.user).get(f"/rooms/{room.pk}/").content.decode()
        assert way in mentor and "我不放心这个孩子" in mentor
        assert way not in browser_of(family.child.user).get(f"/rooms/{room.pk}/").content.decode()


def test_who_reads_an_ended_room_stands_on_the_page_on_which_it_is_read(family):
    room = family.rooms["academic"]
    Pairing.objects.filter(pk=room.pairing_id).update(ended_at=at(12), end_reason="stopped")
    child, path = browser_of(family.child.user), f"/rooms/{room.pk}/readers/"
    for answer in (child.get(path), child.post(path)):
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/rooms/{room.pk}/")
    assert "能看到这里的话" in child.get(f"/rooms/{room.pk}/").content.decode()
    for other in (family.academic.user, family.wellbeing.user, family.parent):
        assert browser_of(other).get(path).status_code == 404


def test_the_first_page_knows_where_unsent_words_would_be_kept(family):
    """As room/client.js calls them; what the browser keeps is for the browser's tests."""
    for user, to in ((family.child.user, "李老师"), (family.academic.user, "沐阳")):
        room = family.rooms["academic"].pk
        name = browser_of(user).get(f"/rooms/{room}/").context["data"]["name"]
        page = browser_of(user).get("/").content.decode()
        assert f'data-unsent="outbox:{name}:"' in page and f"给{to}的%s句话还没有发出" in page


def test_the_child_is_told_when_its_mentor_is_usually_there_and_where_help_is(family):
    for grade, help_ in ((2, "我需要帮助"), (9, "求助")):
        page = room_page(family, grade=grade)
        data = json.loads(re.search(r'id="room-data" type="application/json">(.*?)</script>', page).group(1))  # type: ignore[union-attr]
        told = data["words"]["usually"]
        assert told.startswith("李老师一般%s在。你的话会留着。等不及就点") and help_ in told
        assert re.search(rf'class="button button-help"[^>]*>.*?{help_}', page, re.S)
        assert data["slot"] == 67


def test_the_child_s_page_knows_the_next_meeting_and_says_soon_to_younger_ones_only(family):
    for grade, soon in ((2, "今天%s见面，李老师马上来。你的话会留着。"), (9, "今天%s见面。你的话会留着。")):
        data = json.loads(
            re.search(
                r'id="room-data" type="application/json">(.*?)</script>', room_page(family, grade=grade)
            ).group(1)
        )  # type: ignore[union-attr]
        assert data["words"]["today"]["soon"].startswith(soon)
        assert data["words"]["today"]["meets"].startswith("今天%s见面。你的话会留着。")
        assert data["words"]["today"]["left"].startswith(
            "李老师现在不在线，这次见面还没有结束。你的话会留着。"
        )
        assert data["next"] == {
            "start": at(19, day=19).isoformat(),
            "near_ms": 900_000,
            "lasts_ms": 3_600_000,
        }
    mentor = browser_of(family.academic.user).get(f"/rooms/{family.rooms['academic'].pk}/")
    assert mentor.context["data"]["next"] is None


@pytest.mark.parametrize("grade", [8, 11])
def test_nobody_talks_down_to_the_grown_ones_nor_calls_any_child_back(family, grade):
    Child.objects.update(grade=grade)
    child, room = browser_of(family.child.user), family.rooms["academic"].pk
    paths = ["/", f"/rooms/{room}/", f"/rooms/{room}/readers/", f"/children/{family.child.pk}/history/"]
    for path in [*paths, "/notices/", "/help/", f"/children/{family.child.pk}/stop/"]:
        page = child.get(path).content.decode()
        assert [words for words in NOT_SAID if words in page] == [], path
    assert 'class="phrase"' not in room_page(family, grade=grade)


@pytest.mark.parametrize("grade", [2, 9])
def test_a_child_is_called_你_everywhere_and_its_history_speaks_to_it(family, grade):
    Child.objects.update(grade=grade)
    held = {"state": MeetingState.HELD, "both_s": 1680, "mentor_s": 1680, "child_s": 1700}
    Meeting.objects.filter(pk=academic(family).pk).update(**held, judged_at=at(20, day=19))
    child, pk = browser_of(family.child.user), family.child.pk
    rooms = [f"/rooms/{room.pk}/{page}" for room in family.rooms.values() for page in ("", "readers/")]
    own = [f"/children/{pk}/{page}/" for page in ("history", "history/paper", "consent", "stop", "tell")]
    paths = ["/", "/account/", "/notices/", "/help/", "/help/now/", "/what-if/", "/nowhere/", *own, *rooms]
    with time_machine.travel(at(12, day=20), tick=False):
        pages = {path: child.get(path).content.decode() for path in paths}
    assert [path for path, page in pages.items() if "您" in page] == []
    history = pages[f"/children/{pk}/history/"]
    assert "李老师昨晚见了你" in history and "见了沐阳" not in history
    assert [each for each in ("学科老师", "心理老师") if any(each in page for page in pages.values())] == []
    parent = browser_of(family.parent)
    with time_machine.travel(at(12, day=20), tick=False):
        assert "李老师昨晚见了沐阳" in parent.get(f"/children/{pk}/history/").content.decode()


def test_before_anything_else_the_child_reads_who_can_read_until_it_says_so(family):
    Room.objects.update(understood_at=None)
    child, room = browser_of(family.child.user), family.rooms["academic"].pk
    for _twice in range(2):
        first = child.get(f"/rooms/{room}/").content.decode()
        assert "谁能看到这里的话？" in first and "room-data" not in first
    mentor = browser_of(family.academic.user).get(f"/rooms/{room}/").content.decode()
    assert "room-data" in mentor
    for _twice in range(2):
        answer = child.post(f"/rooms/{room}/readers/")
        assert answer.headers["Location"] == f"/rooms/{room}/"
    assert Entry.objects.filter(action="room.understood").count() == 1
    assert Room.objects.exclude(understood_at=None).get().pk == room
    page = child.get(f"/rooms/{room}/").content.decode()
    assert "room-data" in page and f'href="/rooms/{room}/readers/"' in page
    again = child.get(f"/rooms/{room}/readers/").content.decode()
    assert "谁能看到这里的话？" in again and "回到房间" in again


def readers_by_the_door(family: Family, room: Room) -> set[str]:
    """Whoever finds the page of the room, each asked at its door."""
    people = [family.child.user, family.academic.user, family.wellbeing.user, family.parent, family.carer]
    return {user.name for user in people if browser_of(user).get(f"/rooms/{room.pk}/").status_code == 200}


@pytest.mark.parametrize("role", ["academic", "wellbeing"])
@pytest.mark.parametrize("state", ["seven", "ten", "agreed", "taken back"])
def test_who_can_read_is_told_as_the_door_decides(role, state):
    with time_machine.travel(at(12), tick=False):
        family = add_family(born=date(2012, 5, 4) if state == "seven" else date(2009, 5, 4))
        if state in ("agreed", "taken back"):
            asked = readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
            for agree in (True, False)[: 1 if state == "agreed" else 2]:
                readers.answer_reader(actor=family.child.user, reader_id=asked.pk, agree=agree)
        room = family.rooms[role]
        who = explaining.who_reads(room, timezone.now())
        can, cannot = {name for _who, name in who.can}, {name for _who, name in who.cannot}
        assert can == readers_by_the_door(family, room)
        assert can | cannot == {"林沐阳0", "李老师", "王老师", "林医生", "奶奶"} and not can & cannot
        assert ("林医生" in can) == (role == "academic" and state in ("seven", "agreed"))
        assert who.may_ask == (role == "academic" and state != "seven")


@pytest.mark.parametrize("band", Band)
def test_the_words_follow_what_is_so(family, band):
    room = family.rooms["academic"]

    def told(role: str) -> tuple[list[str], list[str], str]:
        facts = explaining.who_reads(family.rooms[role], timezone.now())
        words = who_reads.told(facts, role, band)
        return words.can, words.cannot, "".join(words.besides)

    with translation.override("zh-hans"):
        can, cannot, besides = told("academic")
        assert can == ["你", "李老师"] and cannot == [
            "王老师",
            "奶奶",  # what they are to the child, where somebody wrote it down
            "家里的其他人",
            "同学和其他所有人",
        ]
        assert "危险" in besides
        older = band is not Band.SMALL
        assert ("协调员或儿童保护负责人" in besides) == older
        _can, _cannot, quiet = told("wellbeing")
        assert ("协调员不行" in quiet) == older and ("家长都看不到" in quiet) == older
        asked = readers.ask_to_read(actor=family.parent, child_id=family.child.pk)
        readers.answer_reader(actor=family.child.user, reader_id=asked.pk, agree=True)
        can, cannot, besides = told("academic")
        assert can == ["你", "李老师", "家里的1位大人"] and cannot[1] == "奶奶"
        assert "家长能看到的是" not in besides
        Carer.objects.update(relation="")
        family.rooms["wellbeing"] = Room.objects.with_people().get(pk=family.rooms["wellbeing"].pk)
        assert told("wellbeing")[1] == ["李老师", "家里人", "同学和其他所有人"]
    assert room.pk


@pytest.mark.parametrize("who", ["child", "mentor"])
def test_the_room_s_page_is_light(family, who):
    """All that the page and its modules bring, uncompressed."""
    user = family.child.user if who == "child" else family.academic.user
    Child.objects.update(grade=2)
    page = browser_of(user).get(f"/rooms/{family.rooms['academic'].pk}/").content.decode()
    named = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page))
    assert {"web/room/page.js", "web/room/room.css", "web/site.css"} <= named
    assert all(name.startswith("web/") for name in named), "a library that an old WebView may not read"
    files = named | {"web/asking.js"} | {f"web/room/{script.name}" for script in SCRIPTS.glob("*.js")}
    sizes = {name: Path(str(finders.find(name))).stat().st_size for name in files}
    assert 60_000 < sum(sizes.values()) + len(page.encode()) <= MOST_BYTES, sizes


@pytest.mark.parametrize("script", sorted(OWN.rglob("*.js")), ids=lambda path: path.stem)
def test_old_webviews_can_read_our_scripts(script):
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", script.read_text(), flags=re.S)
    code = re.sub(r"`[^`]*`|\"(?:[^\"\\]|\\.)*\"", '""', code)
    found = [what for what, form in LATER.items() if re.search(form, code, re.M)]
    assert found == []


def test_signing_out_empties_the_browser_by_header_and_by_script(family):
    child = browser_of(family.child.user)
    answer = child.post("/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert "web/left.js" in child.get(answer.headers["Location"]).content.decode()
    assert "web/left.js" not in Client().get("/sign-in/?next=/").content.decode()


def test_a_child_is_told_that_there_is_news_and_never_how_much():
    with translation.override("zh-hans"):
        child, other = (
            render_to_string("notices/count.html", {"unread": 8, "help_label": label})
            for label in ("求助", "")
        )
    assert ">新<" in child and "8" not in child and "8" in other
