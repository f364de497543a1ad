from datetime import timedelta

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "backend.accounts"

    def ready(self) -> None:
        from backend.accounts.sessions import forget_expired
        from backend.accounts.throttling import forget_old
        from backend.duties import ticker

        ticker.register("accounts.forget_tries", timedelta(hours=1), forget_old)
        ticker.register("accounts.forget_sessions", timedelta(days=1), forget_expired)
