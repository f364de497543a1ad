"""Numbers that a form sends: ids, versions, hours. None is so large that a database could not hold it."""

from collections.abc import Iterable

from django.http import Http404


def number_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def numbers(texts: Iterable[str]) -> list[int]:
    """All of them; Http404 when one is no number, as no page of ours sends that."""
    found = [number_of(text) for text in texts]
    if None in found:
        raise Http404
    return [number for number in found if number is not None]
