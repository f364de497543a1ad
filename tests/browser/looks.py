"""What is asked of every page's looks: nothing that axe finds, room for thumbs, narrow screens, large letters, a
focus that is seen. Each returns what is wrong, in words; nothing is good.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THUMB = 44
# By CSS pixels; half a pixel is lost to rounding. A link within a sentence is as tall as its line (WCAG 2.5.5, 2.5.8).
_SMALL_TARGETS = """least => {
  const small = [];
  const wordsOf = e => e.innerText.replace(/[\\s·…,，。.:：|()（）-]/g, "");
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})) continue;
    const boxes = [e, ...(e.matches("[type=radio], [type=checkbox]") ? e.labels : [])].map(b => b.getBoundingClientRect());
    const box = boxes.reduce((a, b) => ({
      left: Math.min(a.left, b.left), right: Math.max(a.right, b.right),
      top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom)}));
    const width = box.right - box.left, height = box.bottom - box.top;
    if (width <= 1 || height <= 1 || box.right <= 0) continue;
    if (e.matches("a") && getComputedStyle(e).display === "inline") {
      const line = e.closest("p, li, dd, caption, footer, aside, td, th, div, form, summary, body");
      const links = [...line.querySelectorAll("a, button")].map(wordsOf).join("").length;
      if (wordsOf(line).length - links >= 6) continue;
    }
    if (width < least - 0.5 || height < least - 0.5)
      small.push(`${e.tagName} ${(e.innerText || e.name || e.id).trim().slice(0, 30)} ${Math.round(width)}x${Math.round(height)}`);
  }
  return [...new Set(small)];
}"""
# What is cut off for good: words in a box that hides what runs over.
_CUT_OFF = """() => [...document.querySelectorAll("main *, header *")].filter(e => {
  const style = getComputedStyle(e);
  return e.checkVisibility() && e.clientWidth > 1 && e.innerText?.trim() && !e.matches("progress, select, textarea, input, .visually-hidden, .visually-hidden *")
    && ["hidden", "clip"].includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
}).map(e => `${e.tagName}.${e.className} is cut off`)"""
_FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const name = `${e.tagName} ${(e.innerText || e.name || e.id || "").trim().slice(0, 30)}`;
  const seen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
  const bar = document.querySelector(".site-bar");
  const over = bar && getComputedStyle(bar).position === "fixed" && !bar.contains(e) ? bar.getBoundingClientRect() : null;
  return [name, seen, Boolean(over && box.top >= over.top && box.bottom <= over.bottom)];
}"""


def violations(page: Page, *rules: str) -> list[str]:
    """All rules, or only some: a page in other colours need not be counted again."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": WCAG}
    found = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]})
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]!r}"
        for rule in found.response["violations"]
        for node in rule["nodes"][:3]
    ]


def small_targets(page: Page) -> list[str]:
    return list(page.evaluate(_SMALL_TARGETS, THUMB))


def sticks_out(page: Page, width: int, percent: int = 100) -> list[str]:
    """At this width, with letters of this size: what can be reached sideways only, or not at all."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": width, "height": before["height"]})
    page.evaluate("percent => document.documentElement.style.fontSize = percent + '%'", percent)
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [f"{wide} px wide on {width} px at {percent} %"] if wide > width else []
    if percent > 100:
        found += page.evaluate(_CUT_OFF)
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(before)
    return found


def unseen_focus(page: Page, most: int = 40) -> list[str]:
    """Tab by Tab from the top."""
    wrong = []
    page.evaluate("document.activeElement?.blur(), scrollTo(0, 0)")
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if focus is None:
            break
        name, seen, hidden = focus
        if not seen:
            wrong.append(f"focus on {name} can't be seen")
        if hidden:
            wrong.append(f"focus on {name} lies under the bar")
    return wrong
