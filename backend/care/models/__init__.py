"""Cases and alerts, the rota of those who answer them, and rooms opened for a while in an emergency."""

from backend.care.models.alerts import Alert, Alerts, HelpCard, Note, Wake
from backend.care.models.cases import Case, Cases, Talk
from backend.care.models.duty import Hotline, Shift, Watch
from backend.care.models.readings import Reading, Readings
from backend.care.models.requests import CallRequest

__all__ = [
    "Alert",
    "Alerts",
    "CallRequest",
    "Case",
    "Cases",
    "HelpCard",
    "Hotline",
    "Note",
    "Reading",
    "Readings",
    "Shift",
    "Talk",
    "Wake",
    "Watch",
]
