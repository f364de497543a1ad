from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from chat import duties, rooms
        from matching import signals

        signals.pairings_started.connect(rooms.open_rooms, dispatch_uid="rooms")
        signals.pairings_moved.connect(rooms.change_slots, dispatch_uid="rooms")
        signals.pairings_ended.connect(rooms.end_rooms, dispatch_uid="rooms")
        user_logged_out.connect(rooms.signed_out, dispatch_uid="rooms")
        duties.register()
