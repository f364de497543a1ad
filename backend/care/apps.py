from datetime import timedelta

from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "backend.care"

    def ready(self) -> None:
        from backend.care import (
            alerts,
            calling,
            cases,
            families,
            hotlines,
            ongoing,
            readings,
            routing,
            waking,
            watching,
        )
        from backend.duties import ticker
        from backend.rosters import looking, signals
        from chat import checks, opening, sealing

        checks.register(watching.look_for_contacts)
        checks.register_heard(routing.hear)
        checks.register_unheard(routing.hear_in_vain)
        checks.register_details(watching.details_in)
        checks.register_goes_on(ongoing.goes_on)
        signals.guardian_withdrew.connect(families.guardian_withdrew, dispatch_uid="cases")
        signals.stop_asked.connect(families.stop_asked, dispatch_uid="cases")
        looking.belongs_with(cases.cases_of_look)
        sealing.seal_with(cases.sealed_talks, cases.children_naming)
        opening.open_with(readings.opened_to)
        ticker.register(waking.CLIMBS, timedelta(seconds=5), calling.climb_ladders)
        ticker.register("cases.give_back", timedelta(seconds=30), alerts.give_back)
        ticker.register("hotlines.write", timedelta(minutes=5), hotlines.write_file)
        ticker.register_runner(waking.work_off)
