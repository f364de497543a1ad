"""The server with a writer's queue that is soon full, for daphne."""

from backend.asgi import application  # noqa: F401
from chat import writer

writer.MOST_QUEUED = 3
