"""The site as it is, with rooms open around the clock: a measurement may not depend on the hour."""

from backend.settings import *  # noqa: F403

ROOMS_ALWAYS_OPEN = True
