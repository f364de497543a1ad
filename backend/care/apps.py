from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "backend.care"

    def ready(self) -> None:
        from backend.care import cases, families, ongoing, readings, watching
        from backend.rosters import looking, signals
        from chat import checks, opening, sealing

        checks.register(watching.look_for_contacts)
        checks.register_details(watching.details_in)
        checks.register_goes_on(ongoing.goes_on)
        signals.guardian_withdrew.connect(families.guardian_withdrew, dispatch_uid="cases")
        signals.stop_asked.connect(families.stop_asked, dispatch_uid="cases")
        looking.belongs_with(cases.cases_of_look)
        sealing.seal_with(cases.sealed_talks, cases.children_naming)
        opening.open_with(readings.opened_to)
