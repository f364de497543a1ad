"""What is passed over quickly is what would have been found by nothing: the quick ways and the long ones agree."""

import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.care import detection
from backend.care.detection import begins, contact, crisis, look, normal, patterns, phrases
from backend.care.detection.gate import NAMES, SAID, wanted
from backend.care.detection.normal import Normal

CORPORA = Path(__file__).parents[2] / "bench" / "detection_corpus"
OPEN = [
    json.loads(line)["text"]
    for corpus in ("development", "wider")
    for line in (CORPORA / f"{corpus}.jsonl").read_text("utf-8").splitlines()
]
WHOLE = {name: phrases.pattern(name) for name in NAMES}
SOUGHT = {name: begins.Sought(name) for name in NAMES}
LINES = [(name, line) for name in NAMES for line in map(phrases.filled, phrases.lines(name))]
# Such as patterns are made of, and what is put between.
FRAGMENTS = sorted(
    {part for _, line in LINES for part in re.findall(r"[\u4e00-\u9fff]{1,3}|[a-z]{2,}", line)}
    | {
        *"138一三八零五二四六 ,。!?.@-_:~",
        "qq",
        "微信",
        "v",
        "x",
        "shu_dao88",
        "om",
        "點",
        "\U0001f427",
        "\u200b",
        "Ａ",
    }
)


@contextmanager
def the_long_way() -> Iterator[None]:
    """Every pattern asked, every reading made, nothing told from the characters alone."""
    nothing, anything = re.compile("(?!)"), re.compile("")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SAID, "open", lambda text: frozenset(NAMES))
        patched.setattr(contact.NAMED, "open", lambda text: frozenset({"wechat", "mail", "mail cue", "link"}))
        patched.setattr(look, "possible_together", lambda texts: None)
        patched.setattr(
            crisis, "_without_repeats", lambda text: crisis.REPEATED.sub(lambda run: run[1] * 8, text)
        )
        for module in (begins, normal):
            patched.setattr(module, "LONG", sys.maxsize)
        patched.setattr(Normal, "plain", False)
        patched.setattr(Normal, "may_hold_digits", lambda *_: True)
        patched.setattr(contact, "LETTERISH", anything)
        patched.setattr(contact, "LETTER", anything)
        for name in ("AS_IT_IS", "APART"):
            patched.setattr(normal, name, nothing)
        patched.setattr(normal, "LETTER", anything)
        _forget()
        yield
    _forget()


def _forget() -> None:
    normal._kept.cache_clear()
    normal._kept_long.cache_clear()


def found(messages: list[str]) -> tuple[list[detection.Found], frozenset[detection.Sign]]:
    *earlier, body = messages
    return detection.contacts(body, earlier), detection.danger(body, earlier)


def test_over_all_that_is_written_down_the_quick_ways_and_the_long_ones_agree() -> None:
    said = [text if isinstance(text, list) else [text] for text in OPEN]
    # And what stands next to one another, as if it were one conversation.
    lines = [messages[-1] for messages in said][::5]
    said += [lines[at - 3 : at] for at in range(3, len(lines), 2)]
    quickly = [found(messages) for messages in said]
    with the_long_way():
        assert [found(messages) for messages in said] == quickly


def test_in_long_texts_nothing_is_passed_over_that_the_long_way_finds() -> None:
    bodies = [text if isinstance(text, str) else "".join(text) for text in OPEN]
    texts = ["，".join(bodies[at : at + 60 : 2]) for at in range(0, len(bodies) - 60, 60)]
    texts = [text for text in texts if len(text) > begins.LONG]
    quickly = [found([text]) for text in texts]
    with the_long_way():
        for text, (places, signs) in zip(texts, quickly, strict=True):
            slowly, all_signs = found([text])
            assert signs == all_signs
            # A name is told from what stands near: a lesson's word far off no longer excuses it.
            assert set(slowly) <= set(places)
            assert {each for each in places if each.kind not in detection.DETAILS} <= set(slowly)


@given(
    st.sampled_from(LINES).flatmap(lambda each: st.tuples(st.just(each[0]), st.from_regex(each[1]))),
    st.text("我你的了在家不加发看，。a1 ", max_size=9),
)
def test_in_a_long_text_a_pattern_is_looked_for_wherever_it_may_begin(
    match: tuple[str, str], other: str
) -> None:
    name, text = match
    text = "".join(str(unicodedata.digit(each, each)) for each in text)  # as the normal writing has them
    whole = f"{other * 40}{text}{other}{text}".ljust(begins.LONG + 1, "。")
    sought = SOUGHT[name]
    assert [each.span() for each in sought.finditer(whole)] == [
        each.span() for each in sought.pattern.finditer(whole)
    ]


@pytest.mark.parametrize(
    "messages",
    [
        ["我真的ge", "wan"],
        ["wo bu xiang", "huo"],
        ["妈妈" + "呜" * 14 + "会不会死"],
        ["提取码 一二三四"],
        ["我不", " 想活了"],
    ],
)
def test_where_a_quick_way_is_near_to_what_it_must_not_pass_over(messages: list[str]) -> None:
    quickly = found(messages)
    assert any(quickly)
    with the_long_way():
        assert found(messages) == quickly


def test_what_is_asked_of_a_child_is_what_can_be_covered() -> None:
    text = "我的手机13812345678，别告诉你妈"
    assert {each.kind for each in detection.contacts(text)} == {detection.Kind.PHONE, detection.Kind.SECRECY}
    assert {each.kind for each in detection.contacts(text, phrases=False)} == {detection.Kind.PHONE}


@given(st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=9).map("".join), min_size=1, max_size=4))
def test_whatever_patterns_are_made_of_the_quick_ways_and_the_long_ones_agree(messages: list[str]) -> None:
    quickly = found(messages)
    with the_long_way():
        assert found(messages) == quickly


@given(
    st.sampled_from(LINES).flatmap(lambda each: st.tuples(st.just(each[0]), st.from_regex(each[1]))),
    st.integers(0, 40),
)
def test_what_a_pattern_matches_has_its_gate_open_even_in_two_pieces(match: tuple[str, str], at: int) -> None:
    name, text = match
    assert name in SAID.open(text)
    assert name in SAID.open_together([text[:at], text[at:]])


@given(st.text("".join(FRAGMENTS), max_size=30))
def test_what_any_text_matches_has_its_gate_open(text: str) -> None:
    assert {name for name, whole in WHOLE.items() if whole.search(text)} <= SAID.open(text)


def test_most_of_what_is_said_every_day_opens_few_gates() -> None:
    ordinary = (Path(__file__).parent / "lesson_sentences.txt").read_text("utf-8").splitlines()
    assert sum(len(SAID.open(text)) for text in ordinary) < 1.5 * len(ordinary)


def test_what_is_written_as_it_is_read_is_told_by_the_table_of_characters() -> None:
    for character in map(chr, range(0x10000)):
        if normal.AS_IT_IS.fullmatch(character):
            assert normal._plain.__wrapped__(character) == character


@pytest.mark.parametrize(
    ("pattern", "heads", "wants"),
    [
        ("加(?:个|一下)?微信", {"加"}, [{"加"}, {"微"}, {"微信"}]),
        ("(?:爸|妈)[^,]{0,4}打我", {"爸", "妈"}, [{"爸", "妈"}, {"打"}, {"打我"}]),
        (r"(?<!不)想?死(?!机)", {"想", "死"}, [{"死"}]),
        (r"\d{5}号", {r"\d"}, [{"号"}]),
        ("[(]a|b", {"(", "b"}, [{"(a", "b"}]),
        ("(?:a|)b", None, [{"b"}]),
        (".好", None, [{"好"}]),
        ("删{2}了", {"删"}, [{"删"}, {"了"}]),
        (r"会(?:见|\d)", {"会"}, [{"会"}]),
    ],
)
def test_what_can_be_told_of_a_pattern(pattern: str, heads: set[str] | None, wants: list[set[str]]) -> None:
    tree = patterns.branches(pattern)
    assert patterns.heads(tree) == heads
    assert sorted(map(sorted, wanted(tree))) == sorted(map(sorted, wants))
