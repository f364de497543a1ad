"""Logs say what happened, and never about whom: they are read by more people than the database.

An exception keeps its kind and its frames and loses its words: those of a database quote the row that did
not fit. An address loses its question (a search is a name) and a calendar's secret.
"""

import logging
import re
import traceback
from typing import Any

SECRET = re.compile(r"(/calendar/)[^/\s?\"]+")
QUESTION = re.compile(r"(/[^\s?\"]*)\?[^\s\"]*")


def quiet(line: str) -> str:
    return SECRET.sub(r"\1…", QUESTION.sub(r"\1", line))


class WithoutWords(logging.Formatter):
    """The format of every log line of ours."""

    def formatException(self, ei: Any) -> str:
        kind, _words, trace = ei
        return f"{''.join(traceback.format_tb(trace))}{_named(kind)}"

    def format(self, record: logging.LogRecord) -> str:
        record = logging.makeLogRecord(record.__dict__)
        record.exc_text = None  # another handler's, with words
        if isinstance(record.args, tuple):
            record.args = tuple(
                _named(type(one)) if isinstance(one, BaseException) else one for one in record.args
            )
        return quiet(super().format(record))


def _named(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def quiet_access_log() -> None:
    """daphne writes its own log of addresses, past every formatter."""
    from daphne.access import AccessLogGenerator

    write = AccessLogGenerator.write_entry

    def write_entry(self: Any, host: Any, date: Any, request: str, *rest: Any, **more: Any) -> None:
        write(self, host, date, quiet(request), *rest, **more)

    AccessLogGenerator.write_entry = write_entry
