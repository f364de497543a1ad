from datetime import timedelta

from django.apps import AppConfig


class DemonstrationConfig(AppConfig):
    """Installed in demo mode only, and first: its duty plays an hour before the rooms' duty judges it."""

    name = "backend.web.demonstration"
    label = "demonstration"

    def ready(self) -> None:
        from backend.duties import ticker
        from backend.web.demonstration.live import carry_on

        ticker.register("demonstration.carry_on", timedelta(seconds=15), carry_on)
