from datetime import timedelta

from django.apps import AppConfig


class RostersConfig(AppConfig):
    name = "backend.rosters"

    def ready(self) -> None:
        from backend.duties import ticker
        from backend.rosters import forgetting

        ticker.register("rosters.forget_files", timedelta(hours=1), forgetting.forget_old)
