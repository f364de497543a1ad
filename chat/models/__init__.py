"""Rooms and what was said in them; meetings, and who came."""

from chat.models.calendars import CalendarFeed
from chat.models.handing_over import HandOver
from chat.models.meetings import Elsewhere, Holiday, Meeting, ProgrammeDates, Session, Summary
from chat.models.readers import Reader
from chat.models.rooms import Attendance, Event, Gate, Held, Original, ReadMark, Room
from chat.models.serving import Serving

__all__ = [
    "Attendance",
    "CalendarFeed",
    "Elsewhere",
    "Event",
    "Gate",
    "HandOver",
    "Held",
    "Holiday",
    "Meeting",
    "Original",
    "ProgrammeDates",
    "ReadMark",
    "Reader",
    "Room",
    "Serving",
    "Session",
    "Summary",
]
