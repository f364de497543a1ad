"""Every page, by what it shows."""

from django.urls import URLPattern, URLResolver, path

from backend.web.views import doors, home, people

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
]
