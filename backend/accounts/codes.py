"""Short codes that people type: an alphabet without look-alikes, and hashes that the database alone can't undo."""

import secrets

from django.utils.crypto import salted_hmac

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0 O, 1 I L


def new_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(length))


def spaced(code: str) -> str:
    """As it is shown: in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def as_typed(text: str) -> str:
    """Without what people put between, in capitals; full-width forms as an IME types them are taken too."""
    return "".join(char for char in _half_width(text).upper() if char.isalnum())


def hashed(purpose: str, code: str) -> str:
    """Keyed with the site's secret: a short code could be found from a plain hash."""
    return salted_hmac(f"shuangdao.code.{purpose}", code, algorithm="sha256").hexdigest()


def _half_width(text: str) -> str:
    return "".join(chr(ord(char) - 0xFEE0) if "！" <= char <= "～" else char for char in text)
