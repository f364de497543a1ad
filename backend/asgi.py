"""What daphne serves: HTTP to Django, sockets to the rooms."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

# Only now: what the rooms import needs Django to be set up.
from chat import serving  # noqa: E402
from chat.routing import sockets  # noqa: E402

serving.attach()
application = ProtocolTypeRouter({"http": http, "websocket": sockets})
