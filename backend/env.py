"""The environment as one typed value.

Pure: reads a mapping, touches nothing. `backend.settings` is the only caller in production code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["local", "demo", "production"]

PREFIX = "SHUANGDAO_"
KNOWN = frozenset(
    {
        "SHUANGDAO_MODE",
        "SHUANGDAO_SECRET_KEY",
        "SHUANGDAO_HOSTS",
        "SHUANGDAO_ORIGINS",
        "SHUANGDAO_DATA_DIR",
        "SHUANGDAO_EMAIL_URL",
        "SHUANGDAO_EMAIL_FROM",
        "SHUANGDAO_AUDIT_HEADS",
        "SHUANGDAO_ROOM_HOURS",
        "SHUANGDAO_PAGER_URL",
        "SHUANGDAO_PHONE",
        "SHUANGDAO_SMS_URL",
        "SHUANGDAO_ROOM_LIMITS",
    }
)


class BadEnv(Exception):
    """An environment variable is missing, misspelt or has a value nobody can use."""


@dataclass(frozen=True, slots=True)
class Env:
    """What the machine tells the program.

    mode:          local: one machine, loopback; demo: the same with invented people; production.
    secret_key:    None outside production: a key is then made and kept in the data directory.
    hosts:         names the site answers to (production only; loopback names otherwise).
    origins:       exact origins, scheme included, that may open sockets and post forms.
    database_url:  None is SQLite in the data directory.
    redis_url:     None is the in-process channel layer.
    data_dir:      None is ``var`` beside manage.py.
    email_url:     None writes e-mails into files in the data directory.
    email_from:    the sender of e-mails; needed where they are really sent.
    audit_heads:   the file for the audit log's heads; None is in the data directory.
    room_hours:    full hours in Shanghai other than the usual ones of chat.rules.hours, by name.
    pager_url:     where calls to wake somebody are posted; None is no way to wake anybody.
    sms_url:       where SMS to who has no e-mail address are posted; None sends none.
    phone:         the programme's own telephone, for families and mentors; None shows none.
    room_limits:   numbers other than the usual ones of chat.protocol.limits, by name.
    """

    mode: Mode
    secret_key: str | None
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    database_url: str | None
    redis_url: str | None
    data_dir: str | None
    email_url: str | None
    email_from: str | None = None
    audit_heads: str | None = None
    room_hours: Mapping[str, int] = field(default_factory=dict)
    pager_url: str | None = None
    room_limits: Mapping[str, int] = field(default_factory=dict)
    phone: str | None = None
    sms_url: str | None = None

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def demo(self) -> bool:
        return self.mode == "demo"


def read_env(environ: Mapping[str, str]) -> Env:
    """Reads the variables. Raises BadEnv naming the variable and what was expected."""
    for name in environ:
        if name.startswith(PREFIX) and name not in KNOWN:
            raise BadEnv(f"{name} is not a setting of Shuangdao; known are {', '.join(sorted(KNOWN))}")

    def text(name: str) -> str | None:
        return environ.get(name, "").strip() or None

    def words(name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in (text(name) or "").split(",") if word.strip())

    def numbers(name: str) -> dict[str, int]:
        found = {}
        for word in words(name):
            key, _, number = word.partition("=")
            if not (number.isascii() and number.isdecimal()):
                raise BadEnv(
                    f"{name} holds {word!r}; expected names with whole numbers, like page=50,lag_s=20"
                )
            found[key.strip()] = int(number)
        return found

    mode = text("SHUANGDAO_MODE") or "local"
    if mode not in ("local", "demo", "production"):
        raise BadEnv(f"SHUANGDAO_MODE is {mode!r}; expected local, demo or production")
    env = Env(
        mode=mode,  # type: ignore[arg-type]
        secret_key=text("SHUANGDAO_SECRET_KEY"),
        hosts=words("SHUANGDAO_HOSTS"),
        origins=words("SHUANGDAO_ORIGINS"),
        database_url=text("DATABASE_URL"),
        redis_url=text("REDIS_URL"),
        data_dir=text("SHUANGDAO_DATA_DIR"),
        email_url=text("SHUANGDAO_EMAIL_URL"),
        email_from=text("SHUANGDAO_EMAIL_FROM"),
        audit_heads=text("SHUANGDAO_AUDIT_HEADS"),
        room_hours=numbers("SHUANGDAO_ROOM_HOURS"),
        pager_url=text("SHUANGDAO_PAGER_URL"),
        room_limits=numbers("SHUANGDAO_ROOM_LIMITS"),
        phone=text("SHUANGDAO_PHONE"),
        sms_url=text("SHUANGDAO_SMS_URL"),
    )
    if env.phone is not None and not re.fullmatch(r"\+?[0-9][0-9 -]{2,19}", env.phone):
        raise BadEnv("SHUANGDAO_PHONE must be a telephone number: digits, spaces and -, like 0531-12345678")
    for name, url in (("PAGER", env.pager_url), ("SMS", env.sms_url)):
        if url is not None and not url.startswith(("https://", "http://127.0.0.1:")):
            raise BadEnv(f"SHUANGDAO_{name}_URL must be an https:// address, or one on 127.0.0.1")
    if env.production:
        _check_production(env)
    return env


def _check_production(env: Env) -> None:
    if env.secret_key is None or len(env.secret_key) < 50:
        raise BadEnv("SHUANGDAO_SECRET_KEY must be set in production, with at least 50 characters")
    if not env.hosts:
        raise BadEnv("SHUANGDAO_HOSTS must name the hosts of the site in production, separated by commas")
    if not env.origins or any(not origin.startswith("https://") for origin in env.origins):
        raise BadEnv("SHUANGDAO_ORIGINS must list the exact https:// origins of the site in production")
    if env.email_url is not None and env.email_from is None:
        raise BadEnv("SHUANGDAO_EMAIL_FROM must be set in production when SHUANGDAO_EMAIL_URL is")
    if env.database_url is None or env.redis_url is None:
        raise BadEnv("DATABASE_URL and REDIS_URL must be set in production")
