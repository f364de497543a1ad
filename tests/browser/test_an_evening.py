"""The coordinator's evening in a real browser, against the real server and worker: from a spreadsheet with
mistakes to published pairs of 698 children; once with a mouse, once with the keyboard alone.
"""

import io
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect

from backend.rosters import city
from tests.browser.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
PASSWORD = "a quiet evening in spring"
CHILDREN, MISTYPED = 698, 5
MOST_BYTES = 200_000


@dataclass
class Mouse:
    page: Page

    def press(self, what: Locator) -> None:
        what.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def choose(self, field: Locator, label: str) -> None:
        field.select_option(label=label)

    def bring(self, field: Locator, file: Path) -> None:
        field.set_input_files(file)


@dataclass
class Keyboard:
    """Tab, Enter, arrows and letters. Where the focus is must be seen."""

    page: Page

    def press(self, what: Locator) -> None:
        self._reach(what)
        with self.page.expect_navigation():  # a click waits for it by itself
            self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def choose(self, field: Locator, label: str) -> None:
        self._reach(field)
        self.page.keyboard.press("Home")
        for _ in range(field.locator("option").count()):
            if field.locator("option:checked").inner_text() == label:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{label} can't be chosen")

    def bring(self, field: Locator, file: Path) -> None:
        self._reach(field)
        with self.page.expect_file_chooser() as asked:
            self.page.keyboard.press("Space")
        asked.value.set_files(file)

    def _reach(self, what: Locator) -> None:
        what = what.first
        expect(what).to_be_visible()
        for _ in range(600):
            self.page.keyboard.press("Tab")
            if what.evaluate("element => element === document.activeElement"):
                seen = what.evaluate(
                    "e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' || s.boxShadow !== 'none' }"
                )
                assert seen, "where the focus is can't be seen"
                return
        raise AssertionError(f"{what} can't be reached with Tab")


def rosters(folder: Path) -> Path:
    """The city's file, in which some typed 五年及, one child has a grade that there is not."""
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate(), size=CHILDREN)
    book = load_workbook(buffer)
    sheet = book["children"] if "children" in book.sheetnames else book["学生"]
    heading = [cell.value for cell in sheet[1]]
    column = heading.index("grade" if "grade" in heading else "年级") + 1
    fifth = [
        row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column).value in ("五年级", 5, "5")
    ]
    for row in fifth[:MISTYPED]:
        sheet.cell(row, column).value = "五年及"
    other = next(row for row in range(2, sheet.max_row + 1) if row not in fifth)
    sheet.cell(other, column).value = "十四年级"
    file = folder / "名单.xlsx"
    book.save(file)
    return file


FRAMES_THAT_SCROLL_TAKE_THE_FOCUS = """[...document.querySelectorAll(".table-frame")].every(
    frame => (frame.tabIndex === 0 && frame.ariaLabel !== "") === (frame.scrollWidth > frame.clientWidth))"""


def wait_until(page: Page, condition: str) -> None:
    """Asked from here: what Playwright asks again by itself is evaluated in the page, and the page's policy forbids it."""
    until = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < until, (page.url, condition)
        page.wait_for_timeout(20)


def check_reads_well(page: Page) -> None:
    """axe finds nothing, nothing sticks out sideways, on a desk and on the smallest phone; and it is not heavy."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    size = page.viewport_size
    assert size is not None
    for width in (320, size["width"]):
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
        wait_until(page, FRAMES_THAT_SCROLL_TAKE_THE_FOCUS)
    assert len(page.content().encode()) < MOST_BYTES


@pytest.mark.parametrize("way", [Mouse, pytest.param(Keyboard, marks=pytest.mark.deep)])
def test_from_a_spreadsheet_to_published_pairs(
    site: Site, browser: Browser, tmp_path: Path, way: type[Mouse | Keyboard]
) -> None:
    link = site.manage("invite", "--role", "coordinator", "--email", "zhou@example.org").strip()
    page = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    hands = way(page)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    def link_to(name: str) -> Locator:
        return page.get_by_role("link", name=name)

    def button(name: str, *, exact: bool = False) -> Locator:
        return page.get_by_role("button", name=name, exact=exact)

    page.goto(site.url + "/join" + link[link.index("#") :])
    assert "#" not in page.url
    hands.write(page.get_by_label("密码", exact=True), PASSWORD)
    hands.write(page.get_by_label("再输入一次密码"), PASSWORD)
    hands.press(button("进入"))
    expect(page).to_have_url(site.url + "/")
    check_reads_well(page)

    # The file: one correction for all rows that have the mistake, one row set aside, the others taken.
    hands.press(link_to("名单导入"))
    hands.bring(page.get_by_label("名单文件"), rosters(tmp_path))
    hands.press(button("检查文件"))
    wrong = page.get_by_role("region").filter(has_text="五年及")
    expect(wrong).to_contain_text(f"{MISTYPED}")
    expect(wrong.get_by_label("应改为")).to_have_value("五年级")
    check_reads_well(page)
    hands.press(wrong.get_by_role("button", name="更正"))
    impossible = page.get_by_role("region").filter(has_text="十四年级")
    hands.press(impossible.get_by_role("button", name="暂缓"))
    check_reads_well(page)
    hands.press(button("确认导入"))
    expect(page.get_by_text("导入完成")).to_be_visible()
    hands.press(link_to("首页"))
    expect(page.get_by_role("main")).to_contain_text("暂缓")
    check_reads_well(page)

    # Is there enough? Then the round.
    hands.press(link_to("匹配轮次"))
    check_reads_well(page)
    hands.press(link_to("够不够"))
    expect(page.get_by_text(str(CHILDREN - 1)).first).to_be_visible()
    check_reads_well(page)
    hands.press(link_to("准备一轮匹配"))
    hands.press(button("开始匹配"))
    everybody = f"{CHILDREN - 1} / {CHILDREN - 1}"
    expect(page.get_by_text(everybody)).to_be_visible(timeout=120_000)
    expect(page.get_by_text("四个层次都已证明最优")).to_be_visible()
    check_reads_well(page)
    hands.press(link_to("需要留意"))
    check_reads_well(page)

    # One place by hand, taken back, done again.
    hands.press(link_to("全部推荐"))
    check_reads_well(page)
    hands.press(page.get_by_role("row").nth(1).get_by_role("link", name="更换"))
    child = page.get_by_role("heading", level=1).inner_text().split(" · ")[0]
    check_reads_well(page)
    hands.press(button("算一算"))
    expect(page.get_by_text("每一种选择都把其他人")).to_be_visible(timeout=120_000)
    assert page.locator("#costs .card").count() > 0
    hands.press(page.locator("form button[name=slot]").first)
    hands.press(link_to("手动修改"))
    expect(page.get_by_role("row").nth(1)).to_contain_text(child)
    check_reads_well(page)
    hands.press(button("撤销第"))
    expect(page.get_by_text("四个层次都已证明最优")).to_be_visible()
    hands.press(button("恢复第"))
    expect(page.get_by_role("row").nth(1)).to_contain_text("恢复")

    hands.press(link_to("查看变化并发布"))
    expect(page.get_by_role("heading", name="会通知谁")).to_be_visible()
    check_reads_well(page)
    hands.write(page.get_by_label("请再输入一次您的密码"), "not the password")
    hands.press(button("发布", exact=True))
    expect(page.get_by_text("密码不对")).to_be_visible()
    hands.write(page.get_by_label("请再输入一次您的密码"), PASSWORD)
    if way is Mouse:
        button("发布", exact=True).dblclick()
    else:
        hands.press(button("发布", exact=True))
    expect(page.get_by_text("已发布，结对从现在起生效")).to_be_visible(timeout=30_000)
    hands.press(page.get_by_role("link", name="结对", exact=True))
    expect(page.get_by_text(re.compile(rf"\b{2 * (CHILDREN - 1)} 对"))).to_be_visible()
    check_reads_well(page)
    hands.press(link_to("首页"))
    check_reads_well(page)
    assert problems == []
