"""docs/screens/README.md: the pictures by role, each with what it shows, in Chinese and English."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from backend.web.screens.tour import PARTS, Stop

_HEAD = """# 每一页的样子 · What it looks like

由 `python3 manage.py screens` 从演示城市拍下，人物均为虚构；手机和电脑各一张，点开是原图。The pictures are taken by `python3 manage.py screens` from the demonstration; all people are invented. A phone and a desk each; the names of the files say which: `zh` or `en`, `dark` by lamplight.

"""


def written(seen: Iterable[Stop]) -> str:
    """In the order of the stops."""
    return _HEAD + "\n".join(_lines(list(seen))).rstrip() + "\n"


def _lines(seen: list[Stop]) -> Iterator[str]:
    parts = {role: list(stops) for role, stops in groupby(seen, key=lambda stop: stop.role)}
    yield " · ".join(f"[{PARTS[role][0]} {PARTS[role][1]}](#{role})" for role in parts) + "\n"
    for role, stops in parts.items():
        zh, en = PARTS[role]
        yield f'<a id="{role}"></a>\n\n## {zh} · {en}\n'
        for stop in stops:
            yield f"**{stop.zh}** · {stop.en}\n"
            yield _pair(stop, "zh") + "\n"
            yield f"<details><summary>English</summary>\n\n{_pair(stop, 'en')}\n\n</details>\n"
            if stop.dark:
                yield f"<details><summary>深色 · Dark</summary>\n\n{_pair(stop, 'zh', '-dark')}\n\n</details>\n"


def _pair(stop: Stop, language: str, dark: str = "") -> str:
    words = stop.zh if language == "zh" else stop.en
    return "".join(
        f'<img src="{stop.role}-{stop.name}-{language}-{kind}{dark}.webp" width="{width}" alt="{words}"> '
        for kind, width in (("phone", 220), ("desk", 560))
    ).strip()
