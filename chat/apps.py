from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from django.contrib.sessions.models import Session
        from django.db.models.signals import post_delete, post_save

        from backend.accounts.models import User
        from backend.notices import access as notices
        from backend.rosters import signals as of_rosters
        from chat import absence, duties, gates, readers, rooms, still_told, telling
        from chat import signals as of_rooms
        from matching import signals

        signals.pairings_started.connect(rooms.open_rooms, dispatch_uid="rooms")
        signals.pairings_moved.connect(rooms.change_slots, dispatch_uid="rooms")
        signals.pairings_ended.connect(rooms.end_rooms, dispatch_uid="rooms")
        # After the rooms: what is told of a new pairing includes its first meeting.
        signals.pairings_started.connect(telling.pairings_started, dispatch_uid="telling")
        signals.pairings_moved.connect(telling.pairings_moved, dispatch_uid="telling")
        signals.pairings_ended.connect(telling.pairings_ended, dispatch_uid="telling")
        of_rooms.meeting_changed.connect(telling.meeting_changed, dispatch_uid="telling")
        of_rosters.guardianship_changed.connect(readers.guardianship_changed, dispatch_uid="rooms")
        of_rosters.pause_ended.connect(absence.pause_ended, dispatch_uid="rooms")
        of_rosters.standing_changed.connect(gates.standing_changed, dispatch_uid="rooms")
        notices.narrow_with(still_told.narrow)
        post_delete.connect(rooms.session_ended, sender=Session, dispatch_uid="rooms")
        post_save.connect(rooms.account_changed, sender=User, dispatch_uid="rooms")
        post_save.connect(readers.account_changed, sender=User, dispatch_uid="readers")
        duties.register()
