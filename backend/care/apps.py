from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "backend.care"

    def ready(self) -> None:
        from backend.care import watching
        from chat import checks

        checks.register(watching.look_for_contacts)
