from datetime import timedelta

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "backend.notices"

    def ready(self) -> None:
        from backend.duties import ticker
        from backend.notices import letters, outbox

        ticker.register("notices.forget", timedelta(days=1), outbox.forget_old)
        ticker.register_runner(letters.work_off)
