"""Imports, rounds and publishing as pages: every page once, every filter once, and what must be refused."""

import html
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from backend.rosters import city
from backend.rosters.models import Child, Consent, Mentor, RosterUpload
from matching import solving
from matching.comparing import run_next_comparison
from matching.edits import change_proposal, choices_for
from matching.models import Lock, Pairing, Round
from matching.rounds import start_round

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def taken(desk: Client) -> Client:
    """The desk after a roster came in through the pages."""
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate(), size=20)
    answer = desk.post("/imports/", {"file": SimpleUploadedFile("r.xlsx", buffer.getvalue())})
    upload = RosterUpload.objects.get()
    assert answer.headers["Location"] == f"/imports/{upload.pk}/"
    assert not Child.objects.exists()
    desk.post(f"/imports/{upload.pk}/take/")
    assert Child.objects.count() == 20
    return desk


def start_form(desk: Client, covers: str, children: str = "") -> dict[str, Any]:
    """What the page that starts a round sends when nothing else is changed."""
    fields = desk.get("/rounds/").context["form"].fields
    kept = {name: field.initial for name, field in fields.items() if name not in ("covers", "children")}
    return {**kept, "covers": covers, "children": children}


@pytest.fixture
def solved(taken: Client) -> tuple[Client, Round]:
    answer = taken.post("/rounds/", start_form(taken, "all"))
    round_ = Round.objects.get()
    assert answer.headers["Location"] == f"/rounds/{round_.pk}/"
    assert "data-asks" in taken.get(f"/rounds/{round_.pk}/").content.decode()
    assert taken.get(f"/rounds/{round_.pk}/progress/").status_code == 200
    assert solving.run_next_round()
    round_.refresh_from_db()
    return taken, round_


def test_a_bad_file_is_reported_by_row_and_can_t_be_taken(desk: Client) -> None:
    desk.post("/imports/", {"file": SimpleUploadedFile("r.xlsx", b"no workbook")})
    upload = RosterUpload.objects.get()
    page = desk.get(f"/imports/{upload.pk}/")
    assert page.context["upload"].state == "refused" and "r.xlsx" in page.content.decode()
    assert desk.post(f"/imports/{upload.pk}/take/").status_code == 409


def test_every_page_of_a_solved_round_answers(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    one = round_.proposals.select_related("child").first()
    for path in (
        "/",
        "/imports/",
        "/rounds/",
        "/rounds/locks/",
        f"/rounds/{round_.pk}/",
        f"/rounds/{round_.pk}/proposals/",
        f"/rounds/{round_.pk}/proposals/?by_hand=True&role=academic&grade=1&order=-fit&search=x",
        f"/rounds/{round_.pk}/change/{one.child_id}/academic/",
        f"/rounds/{round_.pk}/publish/",
        "/children/?active=True",
        "/mentors/?active=False",
        "/pairings/?role=wellbeing",
        "/children/new/",
        "/export/",
        f"/children/{one.child_id}/edit/",
        f"/mentors/{one.mentor_id}/edit/",
    ):
        answer = desk.get(path)
        assert answer.status_code == 200, path
        assert " style=" not in answer.content.decode(), path
    answer = desk.get(f"/rounds/{round_.pk}/progress/")
    assert answer.headers["Reload"] == "1"


def test_the_lists_ask_the_database_as_often_for_many_as_for_few(
    solved: tuple[Client, Round], django_assert_max_num_queries
) -> None:
    desk, round_ = solved
    with django_assert_max_num_queries(12):
        desk.get(f"/rounds/{round_.pk}/proposals/")
    with django_assert_max_num_queries(14):
        desk.get(f"/rounds/{round_.pk}/")


def test_publishing_asks_for_the_password_and_a_second_click_does_nothing(
    solved: tuple[Client, Round],
) -> None:
    desk, round_ = solved
    path, version = f"/rounds/{round_.pk}/publish/", {"version": round_.version}
    asked = desk.post(path, {**version, "password": "wrong"})
    fields = re.findall(r'<input type="password"[^>]*>', asked.content.decode())
    assert asked.status_code == 200 and len(fields) == 1 and "autofocus" in fields[0]  # it stands far below
    assert "autofocus" not in desk.get(path).content.decode()
    assert not Pairing.objects.exists()
    for _click in range(2):
        answer = desk.post(path, {**version, "password": "a quiet evening"})
        assert answer.headers["Location"] == f"/rounds/{round_.pk}/"
        assert Pairing.objects.count() == round_.proposals.count()


def test_a_plan_that_a_later_one_has_overtaken_waits_for_nobody(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    assert "有 1 轮匹配已算好" in desk.get("/").content.decode()
    desk.post("/rounds/", start_form(desk, "all"))
    assert solving.run_next_round()
    later = Round.objects.exclude(pk=round_.pk).get()
    assert "有 2 轮匹配已算好" in desk.get("/").content.decode()
    desk.post(f"/rounds/{later.pk}/publish/", {"version": later.version, "password": "a quiet evening"})
    assert "轮匹配已算好" not in desk.get("/").content.decode()
    rows = desk.get("/rounds/").content.decode().partition("<tbody>")[2].split("</tr>")
    assert "已发布" in rows[0] and "未发布，已有更新的一轮" in rows[1] and "待审阅" not in "".join(rows)


def test_who_lacks_a_mentor_is_named_and_a_round_for_them_is_a_step_away(
    solved: tuple[Client, Round],
) -> None:
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    assert "还缺导师" not in desk.get("/").content.decode()
    pairing = Pairing.objects.live().select_related("child").first()
    Pairing.objects.filter(pk=pairing.pk).update(ended_at=timezone.now(), end_reason="finished")
    link = re.search(r'href="([^"]+)">[^<]*还缺导师', desk.get("/").content.decode())
    assert link is not None
    listed = desk.get(link[1])
    assert [child.pk for child in listed.context["page"]] == [pairing.child_id]
    assert len(desk.get("/children/?mentors=").context["page"]) == Child.objects.count()
    further = re.search(r'href="(/rounds/[?][^"]+)"', listed.content.decode())
    assert further is not None
    page = desk.get(html.unescape(further[1]))
    assert page.context["form"].narrowed.get().pk == pairing.child_id


def test_a_stale_page_can_t_publish_or_change(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    Round.objects.update(version=round_.version + 1)
    answer = desk.post(
        f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"}
    )
    assert answer.status_code == 409 and not Pairing.objects.exists()
    one = round_.proposals.first()
    stale = {"version": round_.version, "mentor_id": one.mentor_id, "slot": one.slot}
    assert desk.post(f"/rounds/{round_.pk}/change/{one.child_id}/{one.role}/", stale).status_code == 409


def test_publishing_names_who_has_moved(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    mentor = round_.proposals.first().mentor
    desk.post(f"/mentors/{mentor.pk}/paused/", {"paused": "yes"})
    answer = desk.post(
        f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"}
    )
    assert answer.status_code == 409
    assert mentor.name in answer.content.decode() and not Pairing.objects.exists()


def test_what_another_choice_would_cost_is_worked_out_while_the_page_waits(
    solved: tuple[Client, Round],
) -> None:
    desk, round_ = solved
    one = round_.proposals.filter(role="academic").select_related("mentor").first()
    path = f"/rounds/{round_.pk}/change/{one.child_id}/academic/"
    page = desk.get(path).content.decode()
    assert f"为什么是{one.mentor.name}" in page and f"{one.terms['subject']} 分（最多 40 分）" in page
    assert "算一算" in page and "data-asks" not in page
    assert desk.post(f"{path}costs/").headers["Location"] == path
    waiting = desk.get(path).content.decode()
    assert f'data-asks="{path}costs/"' in waiting and "asking.js" in waiting[: waiting.index("<body")]
    assert "data-asks" in desk.get(f"{path}costs/").content.decode()
    assert run_next_comparison()
    for answered in (desk.get(path), desk.get(f"{path}costs/")):
        rows = answered.context["costs"]
        assert rows and "data-asks" not in answered.content.decode()
        assert all(row["words"][0] in answered.content.decode() for row in rows)
    free = next(row for row in rows if row["choice"].free)
    given = {"version": round_.version, "mentor_id": free["mentor"].pk, "slot": free["choice"].slot}
    assert desk.post(path, given).headers["Location"] == f"/rounds/{round_.pk}/proposals/"
    # The answer was about the plan as it stood: it has to be asked anew.
    assert "算一算" in desk.get(path).content.decode()


def test_a_choice_that_others_have_can_be_pinned_from_there(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    for one in round_.proposals.filter(role="academic")[:6]:
        path = f"/rounds/{round_.pk}/change/{one.child_id}/academic/"
        desk.post(f"{path}costs/")
        assert run_next_comparison()
        taken = [row for row in desk.get(path).context["costs"] if not row["choice"].free]
        if taken:
            break
    page = desk.get(path).content.decode()
    form = page[page.index('action="/rounds/locks/"') :]
    given = dict(
        re.findall(r'name="(kind|child|mentor|role|hour)" value="([^"]*)"', form[: form.index("</form>")])
    )
    assert desk.post("/rounds/locks/", given).status_code == 302
    lock = Lock.objects.get()
    choice = taken[0]["choice"]
    assert (lock.kind, lock.child_id, lock.role) == ("pin", one.child_id, "academic")
    assert (lock.mentor.roster_id, lock.slot) == (choice.mentor, choice.slot)


def test_a_round_over_named_children_leaves_the_others_alone(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    one, two, out = Child.objects.all()[:3]
    Consent.objects.filter(child=out).delete()
    for numbers, words in (("", "请至少写一名"), (f"{one.roster_id} X-1", "没有这些编号的学生：X-1")):
        refused = desk.post("/rounds/", start_form(desk, "chosen", numbers))
        assert words in refused.content.decode() and Round.objects.count() == 1
    desk.post("/rounds/", start_form(desk, "chosen", f"{one.roster_id}，{two.roster_id} {out.roster_id}"))
    assert solving.run_next_round()
    small = Round.objects.latest("pk")
    assert set(small.chosen.all()) == {one, two, out} and small.summary["children"] == 2
    page = desk.get(f"/rounds/{small.pk}/").content.decode()
    assert "本轮只涉及 3 名学生" in page and "其中 1 名未能参加匹配" in page
    assert set(small.proposals.values_list("child", flat=True)) <= {one.pk, two.pk}


def test_who_changes_is_listed_with_the_reason(solved: tuple[Client, Round]) -> None:
    desk, first = solved
    desk.post(f"/rounds/{first.pk}/publish/", {"version": first.version, "password": "a quiet evening"})
    gone = Mentor.objects.filter(pairings__ended_at=None, is_academic=True).first()
    desk.post(f"/mentors/{gone.pk}/paused/", {"paused": "yes"})
    desk.post("/rounds/", start_form(desk, "all"))
    assert solving.run_next_round()
    second = Round.objects.latest("pk")
    for path in (f"/rounds/{second.pk}/changes/", f"/rounds/{second.pk}/publish/"):
        page = desk.get(path)
        assert len(page.context["rows" if "changes" in path else "ended"]) == gone.pairings.count() > 0
        assert page.content.decode().count("导师暂停中") == gone.pairings.count()
    overview = desk.get(f"/rounds/{second.pk}/")
    counts = overview.context["changes"]
    kinds = {name: (number, url) for name, _label, number, url in overview.context["kinds"]}
    assert kinds["changed"] == (counts.moved + counts.ended, f"/rounds/{second.pk}/changes/")
    first_kind = next(url for number, url in kinds.values() if number)
    assert desk.get(f"/rounds/{second.pk}/exceptions/").headers["Location"] == first_kind
    assert "changed" not in {name for name, *_more in desk.get(f"/rounds/{first.pk}/").context["kinds"]}


def test_a_forbid_holds_in_the_next_round_until_it_is_lifted(taken: Client) -> None:
    child, mentor = Child.objects.first(), Mentor.objects.filter(is_wellbeing=True).first()
    given = {"kind": "forbid", "child": child.roster_id, "mentor": mentor.roster_id}
    assert taken.post("/rounds/locks/", given).status_code == 302
    lock = Lock.objects.get()
    assert "已经有这样一条" in taken.post("/rounds/locks/", given).content.decode()
    assert Lock.objects.count() == 1
    assert taken.post("/rounds/locks/", {**given, "child": "nobody"}).status_code == 200
    taken.post(f"/rounds/locks/{lock.pk}/lift/")
    assert taken.post(f"/rounds/locks/{lock.pk}/lift/").status_code == 404


def test_a_child_is_changed_by_hand_under_the_import_s_rules(taken: Client) -> None:
    child = Child.objects.first()
    page = taken.get(f"/children/{child.pk}/edit/")
    cells = {row["name"]: row["text"] for row in page.context["rows"]}
    refused = taken.post(f"/children/{child.pk}/edit/", {**cells, "grade": "十四年级", "call_name": "乐乐"})
    assert refused.status_code == 400 and "十四年级" in refused.content.decode()
    child.refresh_from_db()
    assert child.call_name != "乐乐"
    taken.post(f"/children/{child.pk}/edit/", {**cells, "grade": "高二", "call_name": "乐乐"})
    child.refresh_from_db()
    assert (child.grade, child.call_name) == (11, "乐乐")


def test_a_child_typed_in_who_looks_like_another_is_asked_about(taken: Client) -> None:
    child = Child.objects.first()
    page = taken.get(f"/children/{child.pk}/edit/")
    cells = {row["name"]: row["text"] for row in page.context["rows"]} | {"child_id": "NEW1"}
    asked = taken.post("/children/new/", cells)
    box = f'name="apart" value="{child.roster_id}"'
    assert asked.status_code == 400 and box in asked.content.decode()
    assert taken.post("/children/new/", {**cells, "apart": child.roster_id}).status_code == 302
    assert Child.objects.filter(name=child.name, birth_date=child.birth_date).count() == 2


def test_the_export_is_a_workbook(taken: Client) -> None:
    assert taken.post("/export/", {"password": "wrong"}).status_code == 200
    answer = taken.post("/export/", {"password": "a quiet evening"})
    assert answer.content[:2] == b"PK" and "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "path",
    [
        "/imports/",
        "/rounds/",
        "/rounds/locks/",
        "/pairings/",
        "/children/new/",
        "/mentors/new/",
        "/rounds/1/",
    ],
)
def test_a_stranger_finds_nothing(stranger, path: str) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.get(path).status_code == 404


def test_a_round_in_shortage_says_where_one_more_mentor_helps_most(taken: Client) -> None:
    Mentor.objects.filter(is_wellbeing=True).update(capacity=1)
    taken.post("/rounds/", start_form(taken, "all"))
    assert solving.run_next_round()
    round_ = Round.objects.get()
    openings = round_.summary["openings"]
    assert openings and openings[0]["children"] > 0
    page = taken.get(f"/rounds/{round_.pk}/").content.decode()
    assert "再多一位导师，最能帮上忙的地方" in page
    assert f"就多{openings[0]['children']}个孩子有两位导师" in page


def test_a_plan_changed_by_hand_says_how_far_it_is_from_the_best(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    assert round_.summary["proved_optimal"]
    best = round_.summary["objective"]
    for one in round_.proposals.select_related("child"):
        other = next(
            (
                choice
                for choice in choices_for(round_, one.child.roster_id, one.role)
                if choice.free and choice.value < one.value
            ),
            None,
        )
        if other:
            break
    mentor = Mentor.objects.get(roster_id=other.mentor)
    change = {"role": one.role, "mentor_id": mentor.pk, "slot": other.slot, "child_id": one.child_id}
    actor = round_.created_by
    changed = change_proposal(actor=actor, round_id=round_.pk, version=round_.version, **change)
    less = best - changed.summary["objective"]
    assert less > 0
    page = desk.get(f"/rounds/{round_.pk}/").content.decode()
    assert "人工改过" in page and f"目标值比最优方案少 {less}。" in page and "未证明" not in page
    Round.objects.filter(pk=round_.pk).update(summary={**changed.summary, "solver_proved": False})
    assert f"目标值比最优方案最多少 {less}。" in desk.get(f"/rounds/{round_.pk}/").content.decode()


def test_the_objective_is_one_number_everywhere_and_says_what_it_is_made_of(
    solved: tuple[Client, Round],
) -> None:
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    weights = round_.weights | {"poor_below": 100}  # every pair costs something
    again = start_round(actor=round_.created_by, weights=weights, stickiness=10)
    assert solving.run_next_round()
    again.refresh_from_db()
    places = again.proposals.all()
    paired = {(p.child_id, p.role, p.mentor_id): p.slot for p in Pairing.objects.live()}
    stays = [(p, paired.get((p.child_id, p.role, p.mentor_id))) for p in places]
    kept = sum(10 * ((slot is not None) + (slot == p.slot)) for p, slot in stays)
    fit, off = sum(p.fit for p in places), sum(p.fit - p.value for p in places)
    objective = fit - off + kept
    assert kept > 0 < off and objective == again.summary["objective"] != again.summary["value"]
    made_of = f"各对契合度相加 {fit}，勉强的结对扣 {off}，保留原来的导师和时间加 {kept}。"
    page = desk.get(f"/rounds/{again.pk}/").content.decode()
    assert f"目标值 {objective}；任何方案都不会超过 {objective}。" in page and made_of in page
    assert again.summary["value"] == fit - off and str(fit - off) not in page
    row = desk.get("/rounds/").content.decode().partition(f"第 {again.pk} 轮")[2].partition("</tr>")[0]
    assert re.search(rf'data-label="目标值">\s*{objective}\s*<', row)
