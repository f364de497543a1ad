"""The coordinator's whole job in a real browser, against the real server and worker."""

import io
from pathlib import Path

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from backend.rosters import city
from tests.browser.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PASSWORD = "a quiet evening in spring"


def rosters(folder: Path) -> tuple[Path, Path]:
    """A file with one wrong grade, and the same file with it mended."""
    buffer = io.BytesIO()
    city.write_xlsx(buffer, today=timezone.localdate(), size=30)
    good, bad = folder / "good.xlsx", folder / "bad.xlsx"
    good.write_bytes(buffer.getvalue())
    book = load_workbook(buffer)
    sheet = book["children"] if "children" in book.sheetnames else book["学生"]
    heading = [cell.value for cell in sheet[1]]
    column = heading.index("grade" if "grade" in heading else "年级") + 1
    sheet.cell(7, column).value = "十四年级"
    book.save(bad)
    return bad, good


def test_from_an_invitation_to_published_pairs(site: Site, browser: Browser, tmp_path: Path) -> None:
    link = site.manage("invite", "--role", "coordinator", "--email", "zhou@example.org").strip()
    page = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    page.goto(site.url + "/join" + link[link.index("#") :])
    assert "#" not in page.url
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再输入一次密码").fill(PASSWORD)
    page.get_by_role("button", name="进入").click()
    expect(page).to_have_url(site.url + "/")

    bad, good = rosters(tmp_path)
    page.get_by_role("link", name="名单导入").click()
    page.get_by_label("名单文件").set_input_files(bad)
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_role("region").filter(has_text="十四年级")).to_contain_text("第 7 行")
    page.get_by_role("link", name="重新上传文件").click()
    page.get_by_label("名单文件").set_input_files(good)
    page.get_by_role("button", name="检查文件").click()
    page.get_by_role("button", name="确认导入这份名单").click()
    page.get_by_role("link", name="去匹配").click()

    page.get_by_role("button", name="开始匹配").click()
    expect(page.get_by_text("30 / 30")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("四个层次都已证明最优")).to_be_visible()
    first_value = int(page.locator(".figure").nth(2).inner_text())

    page.get_by_role("link", name="全部推荐").click()
    page.get_by_role("row").nth(1).get_by_role("link", name="更换").click()
    child = page.get_by_role("heading", level=1).inner_text().split(" · ")[0]
    page.get_by_role("button", name="算一算").click()
    expect(page.get_by_text("每一种选择都把其他人")).to_be_visible(timeout=60_000)
    assert page.locator("#costs .card").count() > 0
    page.locator("form button[name=slot]").first.click()
    page.get_by_label("来源").select_option("True")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_role("row").filter(has_text=child)).to_contain_text("人工")
    assert int(page.locator(".figure").nth(2).inner_text()) <= first_value

    page.get_by_role("link", name="查看变化并发布").click()
    page.get_by_label("请再输入一次您的密码").fill("not the password")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_text("密码不对")).to_be_visible()
    page.get_by_label("请再输入一次您的密码").fill(PASSWORD)
    page.get_by_role("button", name="发布", exact=True).dblclick()
    expect(page.get_by_text("已发布，结对从现在起生效")).to_be_visible()
    page.get_by_role("link", name="结对", exact=True).click()
    expect(page.get_by_text("60 对")).to_be_visible()
    assert problems == []
