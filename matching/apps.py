from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from backend.duties import ticker
        from matching.comparing import run_next_comparison
        from matching.solving import run_next_round

        ticker.register_runner(run_next_round)
        ticker.register_runner(run_next_comparison)
