"""The import as a coordinator meets it: only with the forms that the pages hold."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from backend.rosters.models import Child, Mentor, RosterUpload, SetAside
from chat.models import Room
from tests.chat.people import add_family
from tests.rosters.test_messy_files import CHILD, MENTOR, csv_text, rename, title_row, workbook
from tests.rosters.test_wizard_files import both, headed
from tests.web.pressing import press

pytestmark = pytest.mark.django_db


def bring(desk: Client, content: bytes, name: str = "r.xlsx") -> str:
    answer = desk.post("/imports/", {"file": SimpleUploadedFile(name, content)})
    return str(answer.headers["Location"])


def children(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        CHILD,
        *({**CHILD, "学生编号": f"K{n}", "姓名": f"陈{n}", **cells} for n, cells in enumerate(more, 2)),
    ]


def test_from_a_file_with_its_own_title_sheets_and_headings_to_children(desk: Client) -> None:
    edits = both(
        headed("家长电话", "联系电话"), title_row, rename("学生", "Sheet1"), rename("导师", "Sheet2")
    )
    content = workbook(edits, children({"年级": "五年及"}, {"年级": "五年及"}, {"可用时间": "有空就行"}))
    path = bring(desk, content)
    assert "这个文件还读不了" in desk.get(path).content.decode()
    assert press(desk, path, "按这样读取").headers["Location"].startswith(path)  # as it was guessed
    press(desk, path, "按这样读取", nth=1)  # the heading, as it was guessed
    page = desk.get(path).content.decode()
    assert "您是不是要填“五年级”" in page and "第 4 行 陈2" in page
    press(desk, path, "更正所选的行")
    assert "有空就行" in desk.get(path).content.decode()
    press(desk, path, "其余 1 行全部暂缓")
    assert not Child.objects.exists()
    press(desk, path, "确认导入（暂缓的行除外）")
    assert set(Child.objects.values_list("roster_id", "grade")) == {("K1", 5), ("K2", 5), ("K3", 5)}
    home = desk.get("/").content.decode()
    assert "1 行暂缓导入" in home and "陈4" in home
    row = SetAside.objects.get()
    answer = press(desk, f"/imports/aside/{row.pk}/", "导入")
    assert answer.status_code == 400 and "看不懂" in answer.content.decode()
    press(desk, f"/imports/aside/{row.pk}/", "导入", availability="周一19点")
    assert Child.objects.get(roster_id="K4").name == "陈4"
    assert "暂缓导入" not in desk.get("/").content.decode()


def test_the_unfinished_import_is_found_from_home_and_its_choices_stay(desk: Client) -> None:
    path = bring(desk, workbook(children=children({"年级": "五年及"}, {"性别": "?"})))
    press(desk, path, "更正 1 行", becomes="五年级")
    assert path in desk.get("/").content.decode() and path in desk.get("/imports/").content.decode()
    page = desk.get(path).content.decode()
    assert "<del>五年及</del>" in page and "<ins>五年级</ins>" in page
    press(desk, path, "撤销")
    assert "<del>" not in desk.get(path).content.decode()
    assert press(desk, path, "确认放弃").headers["Location"] == "/imports/"
    assert path not in desk.get("/").content.decode() and not Child.objects.exists()


def test_one_row_of_several_is_chosen_and_a_whole_row_is_put_right(desk: Client) -> None:
    path = bring(desk, workbook(children=children({"区县": "历山区"}, {"区县": "历山区"}, {"姓名": None})))
    upload = RosterUpload.objects.get()
    press(desk, path, "暂缓所选的行", row="3")
    upload.refresh_from_db()
    assert upload.choices["aside"] == [["children", 3]]
    press(desk, path, "更正 1 行", nth=1, becomes="历城区")
    row = f"{path}rows/children/5/"
    assert press(desk, row, "更正这一行").status_code == 302  # nothing was changed, and it says so
    assert "没有改动" in desk.get(path).content.decode()
    press(desk, row, "更正这一行", name="陈小满", address="泉城路 1 号")
    press(desk, path, "确认导入（暂缓的行除外）")
    assert list(Child.objects.values_list("roster_id", "name", "district_id", "address")) == [
        ("K1", "陈雨桐", "370102", ""),
        ("K3", "陈3", "370112", ""),
        ("K4", "陈小满", "370102", "泉城路 1 号"),
    ]


def test_a_correction_that_is_not_understood_is_asked_again_where_it_was_typed(desk: Client) -> None:
    path = bring(desk, workbook(children=children({"年级": "五年及"}, {"年级": "三年纪"})))
    answer = press(desk, path, "更正 1 行", nth=1, becomes="三年极")
    again = desk.get(answer.headers["Location"]).content.decode()
    assert answer.headers["Location"].startswith(path)
    fields = re.findall(
        r'<input type="text"[^>]*?name="becomes"[^>]*>\s*(?:<p class="error"[^>]*>[^<]*)?', again
    )
    asked = [field for field in fields if "autofocus" in field]
    assert len(fields) == 2 and len(asked) == 1
    assert 'value="三年极"' in asked[0] and "“三年极”" in asked[0]
    assert "autofocus" not in desk.get(path).content.decode()


def test_the_second_coordinator_is_led_back_and_told(desk: Client, django_user_model: Any) -> None:
    other = Client()
    colleague = django_user_model.objects.create_user(name="李静", login="co2", is_coordinator=True)
    other.force_login(colleague)
    path = bring(desk, workbook(children=children({"年级": "五年及"})))
    stale = {"version": "1", "kind": "children", "column": "grade", "was": "五年及", "do": "aside"}
    press(other, path, "更正 1 行")
    answer = desk.post(f"{path}correct/", stale, follow=True)
    assert "李静更正了 1 处" in answer.content.decode() and answer.redirect_chain
    assert RosterUpload.objects.get().choices["aside"] == []
    # A double click is once, and says the same; somebody else's click is told who was first.
    for _click in range(2):
        answer = desk.post(f"{path}take/", {"version": "2"}, follow=True)
        assert "名单里的人都已加入项目" in answer.content.decode()
    answer = other.post(f"{path}take/", {"version": "2"}, follow=True)
    assert "周敏导入了这份名单" in answer.content.decode()
    assert len(RosterUpload.objects.get().changes) == 2


def test_csv_files_of_children_and_of_mentors(desk: Client) -> None:
    for name, person in (("m.csv", MENTOR), ("k.csv", CHILD)):
        path = bring(desk, csv_text(person).encode("gb18030"), name)
        press(desk, path, "确认导入这份名单")
        assert "不在这份名单中" not in desk.get(path).content.decode()
    assert (Child.objects.get().name, Mentor.objects.get().name) == ("陈雨桐", "高远")


def test_files_to_download(desk: Client) -> None:
    for path, titles in (
        ("/imports/template/", ["学生", "导师", "说明"]),
        ("/imports/template/?headings=en", None),
    ):
        book = load_workbook(io.BytesIO(desk.get(path).content))
        assert book.sheetnames == (titles or ["children", "mentors", "notes"])
        assert [sheet.max_row for sheet in book.worksheets[:2]] == [1, 1]
    path = bring(desk, workbook(children=children({"年级": "五年及"})))
    book = load_workbook(io.BytesIO(press(desk, path, "下载这些行（附错误说明）").content))
    assert book["学生"].max_row == 2 and "五年及" in book["学生"]["A2"].value
    press(desk, path, "其余 1 行全部暂缓")
    press(desk, path, "确认导入（暂缓的行除外）")
    book = load_workbook(io.BytesIO(press(desk, "/imports/aside/", "下载这些行（附错误说明）").content))
    assert book["学生"]["C2"].value == "陈2"
    press(desk, "/imports/aside/", "不再保留")
    assert (
        SetAside.objects.get().cells == {}
        and "没有暂缓导入的行" in desk.get("/imports/aside/").content.decode()
    )


def test_698_bad_rows_are_pages_of_a_bounded_size_with_as_many_queries_as_one(desk: Client) -> None:
    counts = []
    for rows in (3, 698):
        bad = children(*({"年级": f"第{n}级", "区县": "历山区", "性别": "?"} for n in range(rows)))
        path = bring(desk, workbook(children=bad))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = desk.get(path)
        assert len(page.content) < 200_000
        press(desk, path, f"其余 {rows} 行全部暂缓")
        assert len(desk.get(path).content) < 200_000
        press(desk, path, "确认导入（暂缓的行除外）")
        with CaptureQueriesContext(connection) as home:
            assert len(desk.get("/").content) < 200_000
        with CaptureQueriesContext(connection) as waiting:
            assert len(desk.get("/imports/aside/").content) < 200_000
        counts.append((len(asked), len(home), len(waiting)))
    assert counts[0] == counts[1]


def test_what_a_heading_means_is_asked_once(desk: Client) -> None:
    """A heading that is likely one of ours is neither missed below nor warned of besides."""
    path = bring(desk, workbook(headed("姓名", "名字"), children()))
    page = desk.get(path).content.decode()
    assert "名字" in page
    assert "缺少这一列" not in page and "未知的列" not in page
    path = bring(desk, workbook(headed("姓名", "甲乙"), children()))  # nobody could guess this
    page = desk.get(path).content.decode()
    assert "缺少这一列" in page and "应为：姓名" in page


def test_what_a_family_must_have_is_not_offered_to_be_left_empty(desk: Client) -> None:
    bad = {"家长电话": "138"}
    for more, offered in (({}, 0), ({"家长2姓名": "陈伟", "家长2电话": "13700137000"}, 1)):
        page = desk.get(bring(desk, workbook(children=children({**bad, **more})))).content.decode()
        assert page.count(">留空<") == offered


def test_a_correction_says_whose_it_is(desk: Client) -> None:
    path = bring(desk, workbook(children=children(*[{"年级": "五年及"}] * 5)))
    press(desk, path, "更正所选的行")
    page = " ".join(desk.get(path).content.decode().split())
    assert "第 3 行 陈2、第 4 行 陈3、第 5 行 陈4 另有 2 行 · 周敏 更正" in page


def test_the_preview_says_who_cannot_be_matched_yet(desk: Client) -> None:
    mentors = [{**MENTOR, "审核有效期": "2020-01-01"}]
    path = bring(desk, workbook(children=children({"监护人同意日期": "2020-02-17"}), mentors=mentors))
    page = " ".join(desk.get(path).content.decode().split())
    assert "1 人暂时不能匹配：监护人还没有同意" in page and "陈雨桐" in page
    assert "1 人暂时不能匹配：审核已过期" in page and "高远" in page


def test_the_preview_says_whose_rooms_would_shut_before_anybody_confirms(desk: Client) -> None:
    family = add_family()
    until = timezone.localdate() + timedelta(days=200)
    Mentor.objects.filter(pk=family.academic.pk).update(roster_id="M1", vetted_until=until)
    mentor = {**MENTOR, "姓名": family.academic.name}
    cases = (("2020-01-01", 1), ("", 1), (until.replace(year=until.year + 1).isoformat(), 0))
    for vetted, mentors in cases:
        path = bring(desk, workbook(mentors=[{**mentor, "审核有效期": vetted}]))
        page = desk.get(path)
        told = [(one["name"], one["rooms"]) for one in page.context["losing_rooms"]]
        assert told == [(family.academic.name, 1)] * mentors
    # It stands above the button, with the way to the row in which the date may be mistyped.
    path = bring(desk, workbook(mentors=[{**mentor, "审核有效期": "2020-01-01"}]))
    html = desk.get(path).content.decode()
    assert 0 < html.index("他们正在使用的房间会马上关闭") < html.index("确认导入这份名单")
    press(desk, f"{path}rows/mentors/2/", "更正这一行", vetted_until=until.isoformat())
    assert desk.get(path).context["losing_rooms"] == []
    Room.objects.filter(pairing__mentor=family.academic).update(ended_at=timezone.now())
    path = bring(desk, workbook(mentors=[{**mentor, "审核有效期": ""}]))
    assert desk.get(path).context["losing_rooms"] == []


def test_of_two_who_look_alike_somebody_says_whether_they_are_one_child(desk: Client) -> None:
    path = bring(desk, workbook())
    press(desk, path, "确认导入这份名单")
    alike = {**CHILD, "学生编号": "K7", "年级": "六年级"}
    for button, people in (
        ("是同一个孩子，沿用编号 K1", [("K1", 6)]),
        ("是两个孩子，都导入", [("K1", 6), ("K7", 6)]),
    ):
        path = bring(desk, workbook(children=[alike]))
        html = desk.get(path).content.decode()
        assert "确认导入" not in html and "是同一个孩子吗" in html
        press(desk, path, button)
        if "两个" in button:
            assert "已说明是两个孩子" in desk.get(path).content.decode()
            press(desk, path, "撤销")
            assert "确认导入" not in desk.get(path).content.decode()
            press(desk, path, button)
        press(desk, path, "确认导入这份名单")
        assert list(Child.objects.order_by("roster_id").values_list("roster_id", "grade")) == people


def test_who_changes_stands_with_the_name_and_what_was_before(desk: Client) -> None:
    press(desk, bring(desk, workbook()), "确认导入这份名单")
    changed = {**CHILD, "年级": "六年级", "区县": "历城区", "可用时间": "tue-19;wed-19", "希望导师性别": "女"}
    html = desk.get(bring(desk, workbook(children=[changed]))).content.decode()
    told = " ".join(html[html.index("谁有变化") :].split())
    assert "陈雨桐" in told and "<del>五年级</del> → <ins>六年级</ins>" in told
    assert "<del>历下区</del> → <ins>历城区</ins>" in told
    assert "<del>周一 19:00–20:00</del> → <ins>周三 19:00–20:00</ins>" in told and "周二" not in told
    assert "<del>（空）</del> → <ins>女</ins>" in told
    other = {**CHILD, "学生编号": "K5", "姓名": "谢雨桐"}
    html = " ".join(desk.get(bring(desk, workbook(children=[other]))).content.decode().split())
    assert '陈雨桐 <span class="quiet small">K1</span>' in html[html.index("谁不在文件里") :]


def test_a_row_whose_child_stands_in_another_row_waits_for_nobody(desk: Client) -> None:
    twin = {"姓名": CHILD["姓名"], "年级": CHILD["年级"]}
    for same in (True, False):
        SetAside.objects.all().delete()
        path = bring(desk, workbook(children=children(twin)))
        if same:
            press(desk, path, "是同一个孩子，这一行暂缓")
        else:
            press(desk, path, "其余 1 行全部暂缓")
        press(desk, path, "确认导入（暂缓的行除外）")
        assert SetAside.objects.exists() is not same
        assert ("暂缓导入" in desk.get("/").content.decode()) is not same
    # Put back, it is asked about again, and waits when it is set aside for another reason.
    SetAside.objects.all().delete()
    path = bring(desk, workbook(children=children(twin)))
    press(desk, path, "是同一个孩子，这一行暂缓")
    press(desk, path, "取消暂缓")
    press(desk, path, "其余 1 行全部暂缓")
    press(desk, path, "确认导入（暂缓的行除外）")
    assert SetAside.objects.count() == 1


def test_of_a_row_with_anothers_id_the_page_asks_whose_it_is_before_anybody_confirms(desk: Client) -> None:
    press(desk, bring(desk, workbook()), "确认导入这份名单")
    born = CHILD["出生日期"].replace("-17", "-18")
    xie = {**CHILD, "姓名": "谢雨桐", "出生日期": born, "家长姓名": "谢医生", "家长电话": "13800138039"}
    path = bring(desk, workbook(children=[xie, CHILD]))
    page = " ".join(desk.get(path).content.decode().split())
    assert "K1 也是第 3 行（陈雨桐）的编号" in page and "K1 也是第 2 行（谢雨桐）的编号" in page
    assert "第 2 行 谢雨桐" in page and "第 3 行 陈雨桐" in page and "确认导入" not in page
    press(desk, path, "暂缓 1 行", nth=1)
    page = desk.get(path).content.decode()
    assert "K1 现在是陈雨桐" in page and "谢雨桐" in page and "确认导入" not in page
    press(desk, path, "确实是同一个人，照这一行导入")
    page = desk.get(path).content.decode()
    assert "已说明是同一个人" in page and f"→ 谢雨桐 {born}" in page and "确认导入" in page
    press(desk, path, "撤销")
    assert "确认导入" not in desk.get(path).content.decode()
    press(desk, path, "更正 1 行", becomes="K39")
    press(desk, path, "确认导入（暂缓的行除外）")
    assert list(Child.objects.order_by("roster_id").values_list("roster_id", "name")) == [
        ("K1", "陈雨桐"),
        ("K39", "谢雨桐"),
    ]
