"""A counsellor is ill, a meeting is called off, a network is cut: what others see, and what is done about it."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from backend.web.screens.camera import Visitor, speak
from backend.web.screens.tour import Stop

PATIENCE = 60_000  # milliseconds, for a round over all
Act = tuple[Page, Stop, Callable[[Page], None]]


def _nothing(_page: Page) -> None:
    """The page shows it by itself."""


def _cut(page: Page) -> None:
    """After each load anew: what was said before has gone out by then."""
    page.locator("#cut").click()
    for words in ("老师，我这边断网了", "第三题我算出来是 3/4"):
        page.fill("#text", words)
        page.locator("#send").click()


def acts(visitor: Visitor) -> Iterator[Act]:
    """Pages with what is to be done on each once it is loaded. It changes the demonstration."""
    at = visitor.go(Stop("child", "", ("/", "/rooms/N/"), "", ""))
    yield (
        at,
        Stop(
            "ill",
            "01-cut",
            (),
            "网断了：写下的话留着，连上后按顺序发出",
            "The network is cut: what is written waits",
        ),
        _cut,
    )

    at = visitor.go(Stop("parent", "", ("/", "/meetings/N/"), "", ""))
    _in_chinese(at)
    at.locator("main summary").last.click()
    at.get_by_role("button", name="是的，取消这次").click()
    yield (
        at,
        Stop(
            "ill",
            "02-called-off",
            (),
            "取消了的见面，一天之内可以恢复",
            "A meeting called off, to be taken back within a day",
        ),
        _nothing,
    )

    at = visitor.go(Stop("coordinator", "", ("/", "/mentors/N/away/"), "", ""))
    at.set_default_timeout(PATIENCE)
    _in_chinese(at)
    yield (
        at,
        Stop(
            "ill",
            "03-away",
            (),
            "一位老师病了：影响谁，怎么办",
            "A counsellor is ill: who is affected, and what to do",
        ),
        _nothing,
    )
    _in_chinese(at)
    at.locator("summary", has_text="重新匹配").click()
    at.get_by_role("button", name="是的，取消并重新匹配").click()
    at.get_by_text("已证明").first.wait_for()
    yield (
        at,
        Stop(
            "ill",
            "04-few",
            (),
            "只动这些学生：谁有了新导师，谁还没有",
            "Only these children move: who has a new mentor, who has not",
        ),
        _nothing,
    )
    _in_chinese(at)
    few = at.url
    at.get_by_role("button", name="给所有学生重新匹配").click()
    at.wait_for_url(lambda url: url != few)
    at.get_by_text("已证明").first.wait_for()
    yield (
        at,
        Stop(
            "ill",
            "05-all",
            (),
            "所有学生一起，能不动的不动：谁变、谁不变",
            "All together, moving as few as possible: who changes, who doesn't",
        ),
        _nothing,
    )
    _in_chinese(at)
    at.get_by_role("link", name="还空着的名额").click()
    yield (
        at,
        Stop(
            "ill",
            "06-why-not",
            (),
            "谁没有着落，为什么，差什么",
            "Who stays without, why, and what would help",
        ),
        _nothing,
    )


def _in_chinese(page: Page) -> None:
    speak(page, "zh-hans")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.reload()
