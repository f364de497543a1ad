"""The coordinator's lists, and who does not see them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Room
from tests.chat.people import add_family
from tests.web.programme import add_children, add_mentors

LISTS = [("/children/", add_children), ("/mentors/", add_mentors)]


@pytest.mark.parametrize(("path", "add"), LISTS)
def test_a_list_asks_the_database_as_often_for_forty_as_for_two(desk, path, add):
    add(2)
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(path)
    add(38)
    with CaptureQueriesContext(connection) as many:
        response = desk.get(path)
    assert len(response.context["page"].object_list) == 40
    assert len(many) == len(few)


@pytest.mark.parametrize(("path", "add"), LISTS)
def test_a_long_list_comes_in_pages(desk, path, add):
    add(51)
    assert len(desk.get(path).context["page"].object_list) == 50
    assert len(desk.get(path + "?page=2").context["page"].object_list) == 1


def test_the_coordinator_sees_one_child_with_grade_and_free_hour(desk):
    child = add_children(1)[0]
    page = desk.get(f"/children/{child.pk}/").content.decode()
    assert "五年级" in page
    assert "19:00" in page


def test_the_coordinator_sees_one_mentor(desk):
    mentor = add_mentors(1)[0]
    assert mentor.name in desk.get(f"/mentors/{mentor.pk}/").content.decode()


def test_a_person_that_does_not_exist_is_not_found(desk):
    assert desk.get("/children/999/").status_code == 404


def test_children_are_found_by_grade_and_by_name(desk):
    add_children(4)
    assert len(desk.get("/children/?grade=11").context["page"].object_list) == 2
    assert [c.name for c in desk.get("/children/?search=小3").context["page"]] == ["李小3"]


def test_mentors_are_found_by_role_and_subject(desk):
    add_mentors(2)
    assert len(desk.get("/mentors/?role=academic&subject=math").context["page"].object_list) == 2
    assert len(desk.get("/mentors/?role=wellbeing").context["page"].object_list) == 0


@pytest.mark.parametrize("path", ["/children/", "/mentors/", "/children/{child}/", "/mentors/{mentor}/"])
def test_a_stranger_sees_no_people_and_a_visitor_is_asked_to_sign_in(stranger, path):
    path = path.format(child=add_children(1)[0].pk, mentor=add_mentors(1)[0].pk)
    client = Client()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in/")
    client.force_login(stranger)
    assert client.get(path).status_code == 404


def test_the_coordinator_is_told_of_rooms_that_a_gate_has_shut(desk):
    family = add_family()
    assert "个房间已关闭" not in desk.get("/").content.decode()
    Room.objects.filter(pk=family.rooms["wellbeing"].pk).update(shut_by="certificate", shut_at=timezone.now())
    assert "1个房间已关闭" in desk.get("/").content.decode()
    for choice, expected in (("any", 1), ("certificate", 1), ("consent", 0), ("", 2)):
        assert len(desk.get(f"/pairings/?shut={choice}").context["page"].object_list) == expected
