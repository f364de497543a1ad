from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "backend.care"

    def ready(self) -> None:
        from backend.care import families, watching
        from backend.rosters import signals
        from chat import checks

        checks.register(watching.look_for_contacts)
        signals.guardian_withdrew.connect(families.guardian_withdrew, dispatch_uid="cases")
        signals.stop_asked.connect(families.stop_asked, dispatch_uid="cases")
