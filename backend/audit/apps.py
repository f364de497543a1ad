from datetime import timedelta

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "backend.audit"

    def ready(self) -> None:
        from backend.audit import chain
        from backend.duties import ticker

        ticker.register("audit.anchor", timedelta(hours=1), chain.write_anchor)
