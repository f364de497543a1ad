from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from backend.duties import ticker
        from backend.rosters import signals as of_rosters
        from matching import ending
        from matching.comparing import run_next_comparison
        from matching.solving import run_next_round

        of_rosters.taking_part_ended.connect(ending.taking_part_ended, dispatch_uid="pairings")
        ticker.register_runner(run_next_round)
        ticker.register_runner(run_next_comparison)
