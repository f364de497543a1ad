"""A round before, while and after it is solved, as pages: the same queries for few and many, and what they say."""

import csv
import gc
import io
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from backend.rosters.models import Child, Mentor
from matching import following
from matching.core.weights import Weights
from matching.models import Lock, Round
from matching.review import EXCEPTIONS
from tests.matching.large import add_programme
from tests.web.test_rounds import start_form

pytestmark = pytest.mark.django_db
MOST_BYTES = 200_000


def pages_of(round_: Round) -> list[str]:
    own = f"/rounds/{round_.pk}/"
    complete = round_.proposals.filter(role="academic")[9]
    return [
        *("/rounds/", "/rounds/readiness/", "/rounds/locks/", "/rounds/paused/", "/rounds/?grade=5"),
        *(f"/rounds/readiness/hardly-anybody/{role}/" for role in ("academic", "wellbeing")),
        *(f"/rounds/readiness/left-out/{kind}/" for kind in ("child", "mentor")),
        *(own, f"{own}proposals/", f"{own}proposals/?search=王&order=fit", f"{own}wanted/"),
        *(f"{own}exceptions/{kind}/" for kind in (*EXCEPTIONS, "left_out")),
        *(f"{own}changes/?what={what}" for what in ("started", "moved", "ended")),
        *("/children/", "/mentors/", "/pairings/", f"{own}edits/", f"{own}publish/"),
        *(f"{own}change/{complete.child_id}/{role}/" for role in ("academic", "wellbeing")),
        *(f"{own}change/{place.child_id}/{place.role}/" for place in round_.unserved.all()[:1]),
    ]


# Each kind of notice is put into words by the code that tells it; a pair's page looks at the two from all sides.
MOST_QUERIES = {"publish": 65, "change": 35}


def everybody_in_need(round_: Round) -> None:
    """Rows for each list: whoever is scarce, paused or forbidden, and a day that is too full."""
    half = Mentor.objects.filter(roster_id__startswith="S").values("pk")
    Mentor.objects.filter(pk__in=half).update(paused=True)
    first = Mentor.objects.filter(roster_id__startswith="A").order_by("-pk").values("pk")[:9]
    Mentor.objects.filter(pk__in=list(first.values_list("pk", flat=True))).update(vetted_until=None)
    for mentor in Mentor.objects.filter(roster_id__startswith="W").order_by("-pk")[1:4]:
        for at, place in enumerate(round_.proposals.filter(mentor=mentor)[:4]):
            round_.proposals.filter(pk=place.pk).update(slot=8 + at)
    for child in Child.objects.filter(grade=12):
        child.free_slots.all().delete()
    out = Mentor.objects.filter(roster_id__startswith="S").first()
    round_.left_out.append({"kind": "mentor", "id": out.roster_id, "reason": "paused"})
    round_.save(update_fields=["left_out"])


def asked(desk: Client, path: str) -> tuple[int, int, float, Any]:
    """Queries, bytes, seconds of this process, and the page of a list."""
    began = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        answer = desk.get(path)
    assert answer.status_code == 200 and "style=" not in answer.content.decode(), path
    took = time.process_time() - began
    return len(queries), len(answer.content), took, answer.context.get("page")


def kind_of(path: str) -> str:
    """The page, whichever round and child it is of."""
    return re.sub(r"\d+", "N", path)


def ask_all(desk: Client, coordinator: Any, size: int, start: int) -> dict[str, list[Any]]:
    """By page of a programme of its own: queries, bytes, and seconds of this process."""
    Round.objects.update(state="discarded")
    Child.objects.update(active=False)
    round_ = add_programme(size, coordinator, start=start)
    everybody_in_need(round_)
    found, paths = {}, pages_of(round_)
    for path in paths:
        *figures, page = asked(desk, path)
        may_be_empty = path in paths[:5] or path.endswith("/edits/")
        assert page is None or len(page.object_list) > 0 or may_be_empty, path
        found[kind_of(path)] = figures
    return found


def hold_together(few: dict[str, list[Any]], many: dict[str, list[Any]]) -> None:
    assert list(few) == list(many)
    for path, (queries, size, _seconds) in many.items():
        most = next((most for page, most in MOST_QUERIES.items() if f"/{page}/" in path), 20)
        assert few[path][0] == queries <= most, (path, few[path], queries)
        assert size < MOST_BYTES, (path, size)


def test_every_page_asks_as_often_for_many_as_for_few_and_stays_small(desk: Client, coordinator: Any) -> None:
    few = ask_all(desk, coordinator, 60, 0)
    hold_together(few, ask_all(desk, coordinator, 240, 1800))


def test_who_could_not_take_part_is_asked_for_once_whoever_they_are(desk: Client, coordinator: Any) -> None:
    round_ = add_programme(60, coordinator)
    child, mentor = (
        {"kind": kind, "id": model.objects.first().roster_id, "reason": reason}
        for kind, model, reason in (("child", Child, "no_consent"), ("mentor", Mentor, "paused"))
    )
    path, counts = f"/rounds/{round_.pk}/exceptions/left_out/", []
    for rows in ([child], [mentor], [child, mentor]):
        Round.objects.filter(pk=round_.pk).update(left_out=rows)
        queries, _size, _took, page = asked(desk, path)
        counts.append(queries)
        assert len(page.object_list) == len(rows)
    assert len(set(counts)) == 1, counts


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_every_page_of_a_province_asks_as_often_as_of_a_city(desk: Client, coordinator: Any) -> None:
    """Seconds are those of this process, so that others on the machine don't count; slow machines have room."""
    gc.set_threshold(10_000, 20, 1_000_000_000)  # as where it is served
    try:
        few = ask_all(desk, coordinator, 698, 0)
        many = ask_all(desk, coordinator, 40_000, 1800)
    finally:
        gc.set_threshold(700, 10, 10)
    hold_together(few, many)
    slow = {path: seconds for path, (_queries, _size, seconds) in many.items() if seconds > 6}
    assert not slow, slow


def test_a_round_is_set_up_in_plain_words(desk: Client, coordinator: Any) -> None:
    add_programme(24, coordinator)
    page = desk.get("/rounds/").content.decode()
    assert "已有的结对" in page and "熟悉孩子所在的年级" in page and "人和时间都尽量不动" in page
    given = {**start_form(desk, "all"), "academic_district": 0, "wellbeing_previous": 200, "poor_below": 60}
    desk.post("/rounds/", {**given, "stickiness": 1000, "gap": 0.001})
    round_ = Round.objects.latest("pk")
    expected = Weights(academic_district=0, wellbeing_previous=26, poor_below=60)
    assert Weights.from_json(round_.weights) == expected
    assert (round_.stickiness, round_.gap, round_.covers_all) == (1000, 0.001, True)
    assert Weights.scaled({}).levels() == dict.fromkeys(Weights().levels(), 100)
    assert expected.levels()["academic_district"] == 0 and expected.levels()["wellbeing_previous"] == 200
    assert Weights(academic_district=13).levels()["academic_district"] is None


def test_a_round_is_set_up_for_a_list_that_was_narrowed(desk: Client, coordinator: Any) -> None:
    add_programme(36, coordinator)
    listed = desk.get("/children/?grade=5&search=").content.decode()
    link = re.search(r'href="(/rounds/\?[^"]*grade=5[^"]*)"', listed)
    assert link
    page = desk.get(link[1].replace("&amp;", "&"))
    assert "只匹配刚才名单里的 3 名学生" in page.content.decode()
    hidden = dict(
        re.findall(r'<input type="hidden" name="(grade|search)" value="([^"]*)"', page.content.decode())
    )
    assert hidden == {"grade": "5"}
    desk.post("/rounds/", {**start_form(desk, "narrowed"), **hidden})
    round_ = Round.objects.latest("pk")
    assert set(round_.chosen.values_list("grade", flat=True)) == {5} and round_.chosen.count() == 3


def test_many_locks_come_in_together_or_not_at_all(desk: Client, coordinator: Any) -> None:
    add_programme(60, coordinator)
    post = lambda rows: desk.post("/rounds/locks/many/", {"rows": rows})  # noqa: E731
    wrong = post(
        "回避,L000001,A000000\n"
        "pin,L000002,W000000,心理,周一18:00\n"  # not an hour of this child's
        "回避,L000001,A000000\n"  # twice
        "指定,L000003,W000000\n"  # no role
        "forbid,L000099,A000001\n"  # nobody
        "forbid,L000004,A000001,,mon-19\n"
    )
    assert wrong.status_code == 400 and not Lock.objects.exists()
    assert [problem["row"] for problem in wrong.context["problems"]] == [3, 4, 5, 6]
    page = wrong.content.decode()
    assert "没有这个学生" in page and "回避,L000001,A000000" in page
    can_t = post("回避,L000001,A000000\npin,L000002,W000000,心理,周一9:00")
    assert [problem["row"] for problem in can_t.context["problems"]] == [2] and not Lock.objects.exists()
    right = post(
        "类型\t学生编号\t导师编号\t角色\t时间\n禁止\tL000001\tA000000\t\t\n固定\tL000002\tW000000\t心理\t周一20:00\n"
    )
    assert right.status_code == 302
    kinds = set(Lock.objects.values_list("kind", "child__roster_id", "mentor__roster_id", "role", "slot"))
    assert kinds == {
        ("forbid", "L000001", "A000000", "", None),
        ("pin", "L000002", "W000000", "wellbeing", 20),
    }
    again = post("回避，L000001，A000000")
    assert again.status_code == 400 and "已经有这样一条" in again.content.decode()
    assert Lock.objects.count() == 2
    assert "指定 1 条、回避 1 条" in desk.get("/rounds/").content.decode()


def test_mentors_are_paused_and_brought_back_many_at_once(desk: Client, coordinator: Any) -> None:
    add_programme(36, coordinator)
    ids = list(Mentor.objects.order_by("pk").values_list("pk", "roster_id")[:3])
    numbers = "，".join(roster_id for _pk, roster_id in ids)
    refused = desk.post("/rounds/paused/", {"numbers": f"{numbers} X9"})
    assert (
        "没有这些编号的导师：X9" in refused.content.decode()
        and not Mentor.objects.filter(paused=True).exists()
    )
    desk.post("/rounds/paused/", {"numbers": numbers})
    assert Mentor.objects.filter(paused=True).count() == 3
    assert "3 位导师暂停中" in desk.get("/rounds/").content.decode()
    assert desk.post("/rounds/paused/", {"mentor": [ids[0][0], "x"]}).status_code == 404
    assert Mentor.objects.filter(paused=True).count() == 3
    desk.post("/rounds/paused/", {"mentor": [ids[0][0], ids[1][0]]})
    assert list(Mentor.objects.filter(paused=True).values_list("roster_id", flat=True)) == [ids[2][1]]


def solving(coordinator: Any, **fields: Any) -> Round:
    round_ = Round.objects.create(state="solving", created_by=coordinator, **fields)
    Round.objects.filter(pk=round_.pk).update(created_at=timezone.now() - timedelta(seconds=60))
    return round_


def test_a_running_round_says_what_is_known_and_no_more(desk: Client, coordinator: Any) -> None:
    now = timezone.now()

    def page(round_: Round) -> str:
        return desk.get(f"/rounds/{round_.pk}/progress/").content.decode()

    lease = now + timedelta(seconds=20)
    waiting = solving(coordinator)
    assert "后台程序还没有接手这一轮" in page(waiting) and "说不准还要多久" in page(waiting)
    notes = following.Notes(700, now - timedelta(seconds=30))
    notes.heard({"stage": "flow"}, now - timedelta(seconds=28))
    progress = notes.heard({"stage": "value"}, now - timedelta(seconds=10))
    running = solving(coordinator, attempt=2, lease_until=lease, progress=progress)
    said = page(running)
    assert "✓ 找出谁能和谁见面" in said and "2 秒" in said and "18 秒" in said
    assert "中断过 1 次" in said and "说不准还要多久" in said
    for seconds, children, gap in ((40, 700, 0), (100, 900, 0), (5, 70, 0), (500, 700, 0.001)):
        begun = following.Notes(children, now - timedelta(seconds=seconds)).heard({}, now)
        Round.objects.create(state="solved", created_by=coordinator, solved_at=now, progress=begun, gap=gap)
    assert "还要 10 秒 到 70 秒" in page(running)  # 40 and 100 s; the others were of another kind
    Round.objects.filter(solved_at__isnull=False, progress__children=900).delete()
    Round.objects.filter(pk=running.pk).update(
        progress={**progress, "begun": (now - timedelta(seconds=90)).isoformat()}
    )
    assert "已经比以前同样规模的匹配都久（以前最多 40 秒）" in page(running)
    Round.objects.filter(pk=running.pk).update(lease_until=now - timedelta(seconds=1))
    assert "另一个会自动接手" in page(running)


OPENING = {
    **{"role": "academic", "subject": "math", "low": 7, "high": 9, "slots": [19, 43]},
    **{"capacity": 3, "children": 2, "roles": 2},
}


def test_where_a_mentor_is_wanted_can_be_printed_and_sent_and_names_nobody(
    desk: Client, coordinator: Any
) -> None:
    round_ = add_programme(60, coordinator)
    path = f"/rounds/{round_.pk}/wanted/"
    assert "没有试算" in desk.get(path).content.decode()
    counsellor = {**OPENING, "role": "wellbeing", "subject": None, "children": 0}
    Round.objects.filter(pk=round_.pk).update(summary={**round_.summary, "openings": [OPENING, counsellor]})
    page = desk.get(path).content.decode()
    main = page[page.index("<main") :]
    assert "初一–初三" in main and "可多让 2 名学生有两位导师" in main and "可多让 2 名学生有这位导师" in main
    assert "周一 19:00" in main and path in desk.get(f"/rounds/{round_.pk}/").content.decode()
    sheet = load_workbook(io.BytesIO(desk.get(f"{path}?format=xlsx").content)).active
    rows = list(csv.reader(io.StringIO(desk.get(f"{path}?format=csv").content.decode("utf-8-sig"))))
    assert rows == [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[1][1:3] == ["数学", "初一–初三"] and rows[1][-2:] == ["3", "2"]
    text = desk.get(f"{path}?format=txt").content.decode()
    assert text.splitlines()[2].startswith("1. ")
    people = [*Child.objects.values_list("name", flat=True), *Mentor.objects.values_list("name", flat=True)]
    for said in (main, text, str(rows)):
        assert not [name for name in people if name in said]


def test_the_overview_says_what_counted_otherwise_and_draws_the_spread(
    desk: Client, coordinator: Any
) -> None:
    round_ = add_programme(60, coordinator)
    Round.objects.filter(pk=round_.pk).update(
        weights=Weights.scaled({"academic_district": 0}, academic_previous=77).to_json()
    )
    page = desk.get(f"/rounds/{round_.pk}/")
    html = page.content.decode()
    assert "学业导师：同一个区县" in html and "分数：77" in html
    for plot in page.context["plots"]:
        assert sum(bar.places for bar in plot.bars) == round_.proposals.filter(role=plot.role).count()
        assert max(bar.height for bar in plot.bars) == 100
        assert all(bar.height > 0 for bar in plot.bars if bar.places)
        assert html.count(f'id="plot-{plot.role}"') == 1
    assert html.count("<rect") == sum(bool(bar.places) for plot in page.context["plots"] for bar in plot.bars)
    assert "不太合适" in html
