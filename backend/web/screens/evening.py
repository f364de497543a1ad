"""A coordinator's evening, step by step: from a file with mistakes to a plan that is ready to be published."""

import io
from collections.abc import Iterator

from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page

from backend.rosters import city
from backend.web.screens.camera import speak
from backend.web.screens.tour import Stop

MISTYPED = 5
PATIENCE = 180_000  # milliseconds for matching, comparing and checking


def evening(page: Page) -> Iterator[Stop]:
    """Yields when there is something to see. Whoever looks may change language and size in between."""
    page.set_default_timeout(PATIENCE)
    step = 0

    def stop(name: str, zh: str, en: str) -> Stop:
        nonlocal step
        step += 1
        return Stop("evening", f"{step:02}-{name}", (), zh, en)

    def link(words: str) -> Locator:
        return page.locator("main, header").get_by_role("link", name=words).first

    def button(words: str) -> Locator:
        return page.locator("main").get_by_role("button", name=words).first

    def on() -> None:
        """Back in Chinese and at a desk, where the last picture left the page."""
        speak(page, "zh-hans")
        page.set_viewport_size({"width": 1200, "height": 900})
        page.reload()

    on()
    link("名单导入").click()
    yield stop("import", "第一步，导入名单：选一个文件，先检查", "Import: a file is checked first")
    on()
    file = {"name": "名单.xlsx", "mimeType": "application/octet-stream", "buffer": _with_mistakes()}
    page.get_by_label("名单文件").set_input_files(file)  # type: ignore[arg-type]
    button("检查文件").click()
    page.get_by_text("五年及").first.wait_for()
    page.goto(f"{page.url}#mend")
    yield stop("mistakes", "写错的一次改好，改不了的先暂缓", "A mistake is corrected once for all its rows")
    on()
    page.get_by_role("region").filter(has_text="五年及").get_by_role("button", name="更正").click()
    page.get_by_role("region").filter(has_text="十四年级").get_by_role("button", name="暂缓").click()
    button("确认导入").wait_for()
    yield stop("difference", "导入之前：谁是新的，谁变了", "Before it is taken: who is new, who changed")
    on()
    link("匹配轮次").click()
    link("够不够").click()
    yield stop("readiness", "够不够：每个学科、每个年级", "Is there enough: subject by grade")
    on()
    link("匹配轮次").click()
    yield stop("set-up", "准备一轮：管谁、什么要紧", "Setting up a round: for whom, and what counts")
    on()
    button("开始匹配").click()
    page.get_by_text("已证明最优").first.wait_for()
    yield stop("review", "结果：最优，有证明", "The plan, proved to be the best there is")
    on()
    link("需要留意").click()
    yield stop("exceptions", "先看需要留意的", "Exceptions come first")
    on()
    link("全部推荐").click()
    yield stop("all-pairs", "全部推荐，可以按名字找", "All proposals, to be searched")
    on()
    page.get_by_role("row").nth(1).get_by_role("link", name="更换").click()
    yield stop("pair", "一对：两人的一周，为什么是他们", "One pair: the week of the two, and why they")
    on()
    button("算一算").click()
    page.locator("#costs .card").first.wait_for()
    page.goto(f"{page.url.partition('#')[0]}#costs")
    yield stop("costs", "换一个人，别人要付出什么", "What another choice would cost the others")
    on()
    page.locator("form button[name=slot]").first.click()
    link("手动修改").click()
    yield stop("by-hand", "手动改一对，随时撤销", "A pair changed by hand, and undone at any time")
    on()
    link("查看变化并发布").click()
    yield stop("publish", "发布之前：会通知谁，说什么", "Before publishing: who is told, in which words")


def _with_mistakes() -> bytes:
    """The city's file, in which some typed 五年及, and one child has a grade that there is not."""
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate())
    book = load_workbook(buffer)
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index("年级") + 1
    rows = range(2, sheet.max_row + 1)
    fifth = [row for row in rows if sheet.cell(row, column).value in ("五年级", 5, "5")]
    for row in fifth[:MISTYPED]:
        sheet.cell(row, column).value = "五年及"
    sheet.cell(next(row for row in rows if row not in fifth), column).value = "十四年级"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
