"""Cases, the talk that belongs to them, and rooms opened for a while in an emergency."""

from backend.care.models.cases import Case, Cases, Talk
from backend.care.models.readings import Reading, Readings

__all__ = ["Case", "Cases", "Reading", "Readings", "Talk"]
