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

# <Task finished … exception=ValueError('…')>: to the last bracket, for the words may hold brackets and lines.
OF_A_TASK = re.compile(r"(exception=[\w.]+)\(.*\)", re.DOTALL)


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
        if isinstance(record.msg, BaseException):
            record.msg, record.args = _without_words(record.msg), ()
        record.args = _without_words(record.args)
        return quiet(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        # Written into the message before it came here: by asyncio, and by f-strings.
        seen: set[int] = set()  # a chain may be a circle
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            for words in (repr(error), str(error)):
                if len(words) > 1:
                    record.message = record.message.replace(words, _named(type(error)))
            error = error.__cause__ or error.__context__
        record.message = OF_A_TASK.sub(r"\1", record.message)
        return super().formatMessage(record)


def _without_words(logged: Any) -> Any:
    """``logged`` with every exception in it as its kind."""
    if isinstance(logged, BaseException):
        return _named(type(logged))
    if isinstance(logged, dict):
        return {key: _without_words(one) for key, one in logged.items()}
    if type(logged) in (tuple, list):
        return type(logged)(_without_words(one) for one in logged)
    return logged


def _named(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def quiet_access_log() -> None:
    """daphne writes its own log of addresses, past every formatter."""
    from daphne.access import AccessLogGenerator

    write = AccessLogGenerator.write_entry

    def write_entry(self: Any, host: Any, date: Any, request: str, *rest: Any, **more: Any) -> None:
        write(self, host, date, quiet(request), *rest, **more)

    AccessLogGenerator.write_entry = write_entry
