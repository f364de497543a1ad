"""Every page, by what it shows."""

from django.urls import URLPattern, URLResolver, path

from backend.web.views import by_hand, doors, family, home, imports, join, people, plan, rounds

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.show, name="home"),
    path("sign-in/", doors.SignIn.as_view(), name="sign_in"),
    path("sign-out/", doors.SignOut.as_view(), name="sign_out"),
    path("language/", doors.set_language, name="set_language"),
    path("step-into/", doors.step_into, name="step_into"),
    path("components/", home.components, name="components"),
    path("children/", people.children, name="children"),
    path("children/<int:child_id>/", people.child, name="child"),
    path("mentors/", people.mentors, name="mentors"),
    path("mentors/<int:mentor_id>/", people.mentor, name="mentor"),
    path("children/new/", by_hand.child, name="new_child"),
    path("children/<int:child_id>/edit/", by_hand.child, name="edit_child"),
    path("mentors/new/", by_hand.mentor, name="new_mentor"),
    path("mentors/<int:mentor_id>/edit/", by_hand.mentor, name="edit_mentor"),
    path("mentors/<int:mentor_id>/paused/", by_hand.set_paused, name="set_paused"),
    path("people/<str:kind>/<int:pk>/active/", by_hand.set_active, name="set_active"),
    path("export/", by_hand.export, name="export"),
    path("children/<int:child_id>/history/", family.month, name="history"),
    path("meetings/<int:meeting_id>/", family.meeting, name="meeting"),
    path("meetings/<int:meeting_id>/change/", family.change_meeting, name="change_meeting"),
    path("join", join.join, name="join"),
    path("pairings/", people.pairings, name="pairings"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:upload_id>/", imports.show, name="import"),
    path("imports/<int:upload_id>/take/", imports.take, name="take_import"),
    path("imports/<int:upload_id>/gone-inactive/", imports.gone_inactive, name="gone_inactive"),
    path("rounds/", rounds.index, name="rounds"),
    path("rounds/locks/", rounds.lock_list, name="locks"),
    path("rounds/locks/<int:lock_id>/lift/", rounds.lift_lock, name="lift_lock"),
    path("rounds/<int:round_id>/", rounds.show, name="round"),
    path("rounds/<int:round_id>/progress/", rounds.progress, name="round_progress"),
    path("rounds/<int:round_id>/cancel/", rounds.cancel, name="cancel_round"),
    path("rounds/<int:round_id>/discard/", rounds.discard, name="discard_round"),
    path("rounds/<int:round_id>/proposals/", plan.proposals, name="proposals"),
    path("rounds/<int:round_id>/change/<int:child_id>/<str:role>/", plan.change, name="change"),
    path("rounds/<int:round_id>/publish/", plan.publish, name="publish"),
]
