"""What daphne serves: HTTP to Django, sockets to the rooms."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

# Only now: what the rooms import needs Django to be set up.
from backend.logs import quiet_access_log  # noqa: E402
from chat import serving  # noqa: E402
from chat.routing import sockets  # noqa: E402

quiet_access_log()
serving.attach()


async def web(scope: Any, receive: Any, send: Any) -> None:
    """A balancer asks by address, of the process and not of the site: before host names and sessions."""
    await (serving.ready if scope["path"] == "/ready/" else http)(scope, receive, send)


application = ProtocolTypeRouter({"http": web, "websocket": sockets})
