"""What the room's scripts decide by themselves, asked in a real Chromium: links, voices, places in a book, the list."""

import mimetypes
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from backend.web.saying import OCLOCK, PARTS
from tests.browser.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
STATIC = ROOT / "backend/web/static/web"
PAGE = """<!doctype html><html lang="zh-CN">
<link rel="stylesheet" href="/tokens.css"><link rel="stylesheet" href="/site.css">
<link rel="stylesheet" href="/room/room.css">
<body class="room-body"><main class="page room-page">
<div id="scroller" class="room-scroller" tabindex="0"><div id="log" class="room-log"></div></div></main></body></html>"""
LIST = """async () => {
  const { Log } = await import("/room/log.js");
  const words = { me: "我说：", them: "老师说：", unread: "下面是新的话", read: "老师看到了", events: {}, redacted: "收回了",
    waiting: "等人看", refused: "没有发出", sending: "等待发送", unshown: "你的一句话", cover: "＊＊", masked: "盖住了" };
  window.row = (s, from = s % 2 ? "mentor" : "child") =>
    ({ t: "msg", s, from, cid: `c${s}`, body: `第${s}句`.repeat(1 + (s % 9) * 3), at: new Date(1.58e12 + s * 4e6).toISOString() });
  window.rows = (low, high) => Array.from({ length: high - low }, (_, i) => row(low + i));
  window.make = (more) => {
    document.getElementById("log").textContent = "";
    return new Log({ list: document.getElementById("log"), scroller: document.getElementById("scroller"),
      you: "child", words, ...more });
  };
  window.painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
}"""


@pytest.fixture
def page(browser: Browser) -> Page:
    def answer(route: Route) -> None:
        path = route.request.url.partition("://")[2].partition("/")[2]
        file = STATIC / path
        if not path:
            route.fulfill(body=PAGE, content_type="text/html")
        else:
            route.fulfill(body=file.read_bytes(), content_type=str(mimetypes.guess_type(file.name)[0]))

    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.route("**/*", answer)
    page.goto("http://room.test/")
    return page


def ask(page: Page, module: str, does: str, *facts: Any) -> Any:
    return page.evaluate(
        f"async (facts) => {{ const it = await import('/room/{module}.js'); return ({does})(it, ...facts) }}",
        list(facts),
    )


LINKS = {
    "看https://www.edu.cn/a?b=1，再做题": ["https://www.edu.cn/a?b=1"],
    "see http://example.org. ok": ["http://example.org"],
    "(https://example.org/x)": ["https://example.org/x"],
    "HTTPS://Example.org/X": ["HTTPS://Example.org/X"],
    "javascript:alert(1) data:text/html,x ftp://a.b/c": [],
    "https://www.edu.cn@evil.example/": [],
    "https://evil.example\\@www.edu.cn/": ["https://evil.example"],
    "https://еdu.cn/ 和 https://a。b/": ["https://a"],
    "http://0x7f.1/ http://[::1": [],
    "没有": [],
}


def test_links_are_plain_addresses_that_lead_where_one_reads(page: Page) -> None:
    cut = "(it, texts) => texts.map((text) => it.cut(text))"
    for text, parts in zip(LINKS, ask(page, "links", cut, list(LINKS)), strict=True):
        assert "".join(words for words, _address in parts) == text
        assert [words for words, address in parts if address] == LINKS[text], text
    page.evaluate(LIST)
    made = page.evaluate(
        """() => { const log = make(); log.restart({ results: [{ ...row(1), body: "<b>x</b> https://example.org" }] });
          const link = document.querySelector("#log a");
          return [document.querySelectorAll("#log b").length, link.rel, link.target, link.href] }"""
    )
    assert made == [0, "noopener noreferrer", "_blank", "https://example.org/"]


def test_whoever_holds_the_tablet_next_sees_nothing_that_was_written_but_it_is_kept(page: Page) -> None:
    page.evaluate(LIST)
    left = page.evaluate(
        """async () => {
          const { Composer } = await import("/room/composer.js");
          const log = make();
          log.restart({ results: rows(1, 4) });
          log.pending("c9", "还没发出去");
          log.held("c8", { body: "等人看", after: 3 }, "waiting");
          const form = document.createElement("form");
          form.innerHTML = '<textarea id="text"></textarea><p id="count"></p><button id="send"></button>' +
            '<input id="place-page">';
          document.body.append(form);
          sessionStorage.setItem("draft:1:2", "写了一半");
          const composer = new Composer({ form, most: 2000, words: { place: { page: "第%s页" } },
            drafts: sessionStorage, draft: "draft:1:2", say: () => {}, typing: () => {} });
          form.querySelector("input").value = "34";
          log.empty();
          composer.leave();
          return [document.getElementById("log").textContent, form.querySelector("textarea").value,
            form.querySelector("input").value, sessionStorage.getItem("draft:1:2")];
        }"""
    )
    assert left == ["", "", "", "写了一半"]


def test_what_waits_for_a_person_stands_where_it_was_said(page: Page) -> None:
    page.evaluate(LIST)
    order = (
        "Array.from(document.querySelectorAll('#log li.said .body'), (body) => body.textContent.slice(0, 4))"
    )
    said = page.evaluate(
        f"""() => {{ const log = make({{ you: "mentor" }}), short = (s) => ({{ ...row(s), body: `第${{s}}句` }});
          log.restart({{ results: [5, 6, 7].map(short) }});
          log.pending("p", "在路上");
          const at = new Date(1.58e12).toISOString();
          log.held("a", {{ body: "甲等着", at, after: 6 }}, "waiting");
          log.held("b", {{ body: "乙等着", at, after: 6 }}, "waiting");
          log.held("old", {{ body: "早等着", at, after: 2 }}, "refused");
          log.held("now", {{ body: "刚等着", at, after: 7 }}, "waiting");
          log.append(short(8));
          const first = {order};
          log.prepend([1, 2, 3, 4].map(short));
          const then = {order};
          log.held("a", {{}}, "refused");  // decided: it stays where it is
          log.append({{ ...short(9), cid: "b", from: "mentor" }});  // let through: now it has a number
          return [first, then, {order}, document.querySelector('[data-held=a]').lastChild.textContent,
            document.querySelector('[data-held=a]').textContent.includes("08:53")] }}"""
    )
    first = ["早等着", "第5句", "第6句", "甲等着", "乙等着", "第7句", "刚等着", "第8句", "在路上"]
    older = ["第1句", "第2句", "早等着", "第3句", "第4句"]
    assert said[0] == first and said[1] == older + first[1:]
    assert said[2] == older + [each for each in first[1:-1] if each != "乙等着"] + ["第9句", "在路上"]
    assert said[3:] == ["没有发出", True]


def test_to_the_smallest_an_hour_is_said_as_on_their_first_page(page: Page) -> None:
    page.evaluate(LIST)
    spoken = {"parts": PARTS, "oclock": OCLOCK}
    said = page.evaluate(
        """(spoken) => [null, spoken].map((each) => { const log = make();
          log.words = { ...log.words, spoken: each, weekdays: ["周一", "周二", "周三", "周四", "周五", "周六", "周日"] };
          return [log.slot(6 * 24 + 17), log.hour("2020-02-17T11:30:00Z"), log.hour("2020-02-17T02:05:00Z")] })""",
        spoken,
    )
    assert said == [["周日 17:00", "19:30", "10:05"], ["周日下午5点", "晚上7点半", "上午10点05分"]]


def test_what_was_covered_says_why_to_both_and_after_a_reload_too(page: Page) -> None:
    page.evaluate(LIST)
    says = page.evaluate(
        """() => { const log = make(); log.restart({ results: [{ ...row(1), body: "打＊＊＊＊" }, row(2)] });
          return Array.from(document.querySelectorAll("#log li.said"), (row) => row.textContent.includes("盖住了")) }"""
    )
    assert says == [True, False]


VOICES = {
    "none": ([], None),
    "another language": ([("en-US", True)], None),
    "a server's": ([("zh-CN", False)], None),
    "Cantonese": ([("zh-HK", True), ("yue-HK", True)], None),
    "this device's": ([("en-US", True), ("zh-CN", False), ("zh-TW", True), ("zh_CN", True)], 3),
    "by another name": ([("cmn-Hans-CN", True)], 0),
}


def test_only_a_voice_of_the_device_reads(page: Page) -> None:
    choose = "(it, all) => all.map((voices) => voices.indexOf(it.chooseVoice(voices)))"
    all_voices = [
        [{"lang": lang, "localService": here} for lang, here in found] for found, _ in VOICES.values()
    ]
    chosen = ask(page, "voice", choose, all_voices)
    assert chosen == [-1 if index is None else index for _voices, index in VOICES.values()]


def test_a_place_in_a_book_is_said_once_a_page_or_an_exercise_is_known(page: Page) -> None:
    words = {"book": "《%s》", "page": "第%s页", "exercise": "第%s题"}
    places = [("数学", "", ""), ("数学", "34", "2"), ("", "34", ""), ("$&", "", "%s")]
    say = "(it, words, all) => all.map(([book, page, exercise]) => it.placeInWords(words, { book, page, exercise }))"
    assert ask(page, "composer", say, words, places) == [
        "",
        "《数学》 第34页 第2题",
        "第34页",
        "《$&》 第%s题",
    ]


def test_new_words_are_marked_where_they_begin_and_older_pages_move_nothing(page: Page) -> None:
    page.evaluate(LIST)
    at_first = page.evaluate(
        """() => { window.log = make({ readTo: 152 }); log.restart({ results: rows(151, 201) });
          const unread = document.querySelector("#log .unread");
          const down = unread.getBoundingClientRect().top - log.scroller.getBoundingClientRect().top;
          return [unread.nextElementSibling.dataset.s, down, log.atEnd()] }"""
    )
    assert at_first[0] == "153" and 0 <= at_first[1] < 40 and at_first[2] is False
    moved = page.evaluate(
        """async () => {
          const moves = [];
          for (let low = 151; low > 1; low -= 50) {
            log.scroller.scrollTop = 0;
            await painted();
            const row = log.rowOf(low), before = row.getBoundingClientRect().top;
            log.prepend(rows(low - 50, low));
            moves.push(row.getBoundingClientRect().top - before);
            await painted();
            moves.push(row.getBoundingClientRect().top - before);
          }
          return moves }"""
    )
    # The one day heading that the older page brings along stands above it now.
    assert len(moved) == 6 and all(abs(move) <= 1 for move in moved), moved
    order = page.evaluate(
        "Array.from(document.querySelectorAll('#log [data-s]'), (row) => Number(row.dataset.s))"
    )
    assert order == list(range(1, 201))
    days = page.evaluate("Array.from(document.querySelectorAll('#log .day'), (row) => row.dataset.day)")
    assert len(days) == len(set(days)) > 5
    after = page.evaluate(
        "() => { log.append(row(201, 'child')); return document.querySelectorAll('.unread').length }"
    )
    assert after == 0


SCROLL = """async () => {
  const tasks = [];
  new PerformanceObserver((found) => tasks.push(...found.getEntries().map((task) => task.duration)))
    .observe({ entryTypes: ["longtask"] });
  const log = make();
  log.restart({ results: rows(1951, 2001) });
  await painted();
  tasks.length = 0; // fonts and the first layout
  for (let low = 1951; low > 1; low -= 50) {
    log.scroller.scrollTop = 0;
    log.prepend(rows(low - 50, low));
    await painted();
  }
  for (let y = 0; y < log.scroller.scrollHeight; y += 700) {
    log.scroller.scrollTop = y;
    await painted();
  }
  for (let s = 2001; s < 2021; s++) {
    log.append(row(s));
    await painted();
  }
  await new Promise((done) => setTimeout(done, 200));
  return [Math.max(0, ...tasks), document.querySelectorAll("#log .said").length];
}"""


@pytest.mark.deep
def test_two_thousand_messages_scroll_without_a_task_over_50_ms(page: Page) -> None:
    """The list as it grows page by page to the first message, is scrolled through, and goes on at the end.

    The best of three: what else the machine does only adds to it.
    """
    page.evaluate(LIST)
    found = []
    while len(found) < 3 and 0 not in found:
        longest, count = page.evaluate(SCROLL)
        assert count == 2020
        found.append(longest)  # the browser names tasks over 50 ms only
    assert 0 in found, found
