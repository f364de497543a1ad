"""JSON as RFC 8259 means it: Python's reader takes more than that, and dies of some of it."""

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 32

# Without its strings a text has only structural brackets. The closing quote is optional, so that a string
# that never ends is eaten in one bite: otherwise each quote inside it would be tried again, to the end.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(Exception):
    """Says what is wrong with a text."""


def read_object(text: str) -> dict[str, Any]:
    """The members of one JSON object.

    Raises NotJson, and nothing else, for: anything that is not an object; a name that stands twice; NaN,
    infinities and numbers that overflow to one; half of a surrogate pair; more than MAX_DEPTH levels.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except ValueError as error:  # JSONDecodeError, or an int of thousands of digits
        raise NotJson(f"the frame is not JSON: {getattr(error, 'msg', 'a number is too long')}") from None
    if not isinstance(value, dict):
        raise NotJson("the frame is not a JSON object")
    # Python joins escaped pairs, so what is left of surrogates is halves; only an escape can bring one in.
    if "\\u" in text and _LONE_SURROGATE.search(_ENCODER.encode(value)):
        raise NotJson("the frame holds half of a surrogate pair")
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJson(f"the frame is nested deeper than {MAX_DEPTH}")
        elif character in "]}":
            depth -= 1


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson("a name stands twice in one object")
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("a number is out of range")
    return number


def _no_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_float=_finite, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
