"""The coordinator's lists, and who does not see them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.rosters.models import Mentor
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
    assert "1 个房间已关闭" in desk.get("/").content.decode()
    for choice, expected in (("any", 1), ("certificate", 1), ("consent", 0), ("", 2)):
        assert len(desk.get(f"/pairings/?shut={choice}").context["page"].object_list) == expected


def test_who_soon_may_not_go_on_is_named_before_it_comes_to_that(desk):
    """On the first page with how many children, in a list, and on the mentor's page; not who is out already or paused."""
    today = timezone.localdate()
    family = add_family()
    family.child.guardianships.all().delete()
    page, words = f"/mentors/{family.wellbeing.pk}/", "审核或证书两周内到期"

    def said():
        home = desk.get("/").content.decode()
        listed = [mentor.pk for mentor in desk.get("/mentors/?vetting=soon").context["page"]]
        assert (listed == [family.wellbeing.pk]) is (words in desk.get(page).content.decode())
        told = "有 1 位导师的审核或证书两周内到期（带着 1 名学生）" in home
        assert told is bool(listed) and told is ("/mentors/?vetting=soon" in home)
        return told

    certificate, mentors = family.wellbeing.certificates.get(), Mentor.objects.filter(pk=family.wellbeing.pk)
    assert not said()
    for days, soon in ((-1, False), (0, True), (14, True), (15, False)):
        mentors.update(vetted_until=today + timedelta(days=days))
        assert (days, said()) == (days, soon)
    for days, soon in ((-1, False), (0, True), (14, True), (15, False)):
        family.wellbeing.certificates.filter(pk=certificate.pk).update(
            valid_until=today + timedelta(days=days)
        )
        assert ("certificate", days, said()) == ("certificate", days, soon)
    family.wellbeing.certificates.update(valid_until=today)
    family.wellbeing.certificates.create(kind="renewed")
    assert not said()


def test_a_child_s_page_says_which_mentor_is_missing_and_leads_to_one(desk):
    family = add_family()
    path = f"/children/{family.child.pk}/"
    page = desk.get(path).content.decode()
    assert "还缺" not in page and "/rounds/anew/" not in page
    family.child.pairings.filter(role="academic").update(ended_at=timezone.now(), end_reason="finished")
    page = " ".join(desk.get(path).content.decode().split())
    assert page.count("还缺") == 1 and '学业导师：<span class="badge badge-warn">还缺' in page
    assert 'action="/rounds/anew/"' in page and f'value="{family.child.pk}"' in page
