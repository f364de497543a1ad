"""How a family comes in: a sheet from the class teacher, a birth date, a password of one's own."""

import io
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from openpyxl import load_workbook

from backend.accounts import invitations
from backend.accounts.codes import ALPHABET, as_typed
from backend.accounts.models import Invitation, User
from backend.audit.models import Entry
from backend.care.who_looked import in_words, looks_at
from backend.errors import NotYours
from backend.notices.access import notices_for
from backend.notices.kinds import Kind
from backend.notices.models import Notice
from backend.notices.wording import on_page
from backend.rosters import ways_in
from backend.rosters.models import Carer, Child, District, Guardianship
from backend.web.acts import look_in_words
from tests.accounts.conftest import PASSWORD

BORN = date(2011, 5, 4)


@pytest.fixture
def family(db: Any) -> Child:
    district = District.objects.create(code="z", name="某区", name_en="Some")
    child = Child.objects.create(
        roster_id="C1",
        user=User.objects.create_user(name="陈宇"),
        name="陈宇",
        call_name="小宇",
        grade=3,
        district=district,
        birth_date=BORN,
    )
    mother = User.objects.create_user(name="陈敏", phone="13800138000", email="chen@example.org")
    Guardianship.objects.create(child=child, guardian=mother, order=1)
    Carer.objects.create(child=child, user=User.objects.create_user(name="王奶奶"), relation="奶奶")
    return child


@pytest.fixture
def desk(coordinator: User, client: Client) -> Client:
    client.force_login(coordinator)
    return client


def invited(coordinator: User, user: User) -> invitations.WayIn:
    return ways_in.invite_person(actor=coordinator, user_id=user.pk)


def join(code: str, **typed: str) -> tuple[Client, Any]:
    client = Client()
    password = typed.get("password", PASSWORD)
    return client, client.post("/join", {"secret": code, "password": password, "again": password, **typed})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_code_and_the_birth_date_let_a_parent_in(coordinator: User, family: Child) -> None:
    way_in = invited(coordinator, family.guardianships.get().guardian)
    assert way_in.code is not None and len(way_in.code) == 9 and set(way_in.code) <= {*ALPHABET, "-"}
    page = Client().post("/join", {"secret": way_in.code})
    assert "born" in page.context["form"].fields and "no-store" in page.headers["Cache-Control"]
    for name in ("陈", "13800138000", "chen@example.org"):
        assert name not in page.content.decode(), "whoever found the sheet learns no name"
    client, _page = join(f" {way_in.code.lower().replace('-', ' ')} ", born="2011-05-04")
    assert is_in(client)
    assert not is_in(join(way_in.code, born="2011-05-04")[0]), "it works once"


def test_full_width_letters_of_an_ime_are_taken() -> None:
    assert as_typed("ａｂｃｄ－２３４５") == "ABCD2345"


@pytest.mark.parametrize("born", ["", "2011-05-05"])
def test_who_does_not_know_the_birth_date_stays_out(coordinator: User, family: Child, born: str) -> None:
    way_in = invited(coordinator, family.carer.user)
    client, page = join(way_in.secret, born=born, login="nainai")
    assert not is_in(client) and page.context["form"].errors["born"]


def test_the_birth_date_is_asked_below_the_page_too(coordinator: User, family: Child) -> None:
    way_in = invited(coordinator, family.carer.user)
    with pytest.raises(invitations.WrongBirthDate):
        invitations.take_up(secret=way_in.secret, password=PASSWORD, login="nainai", born=BORN)


def test_ten_wrong_dates_end_an_invitation(coordinator: User, family: Child, monkeypatch: Any) -> None:
    monkeypatch.setattr(invitations, "count_try", lambda places: None)
    way_in = invited(coordinator, family.carer.user)
    given = {"secret": way_in.secret, "password": PASSWORD, "login": "nainai", "address": ""}
    for _time in range(10):
        with pytest.raises(invitations.WrongBirthDate):
            ways_in.take_up(**given, born=date(2010, 1, 1))
    with pytest.raises(invitations.NoLongerValid):
        ways_in.take_up(**given, born=BORN)
    assert Entry.objects.filter(action="invitation.spent").exists()


def test_codes_are_guessed_slowly(db: Any) -> None:
    answers = [Client().post("/join", {"secret": "ABCDEFGH"}).status_code for _time in range(62)]
    assert answers == [200] * 61 + [429]


def test_a_suspended_parent_s_knowledge_is_no_proof(coordinator: User, family: Child) -> None:
    way_in = invited(coordinator, family.guardianships.get().guardian)
    family.guardianships.update(status="suspended", status_reason="court order")
    assert not is_in(join(way_in.secret, born="2011-05-04")[0])


def test_a_child_chooses_a_short_code_that_is_no_birthday(coordinator: User, family: Child) -> None:
    way_in = invited(coordinator, family.user)
    for bad in ("12345", "123456", "110504", "20110504", "777777", "xiaoyu12"):
        client, _page = join(way_in.secret, born="2011-05-04", login="xiaoyu12", password=bad)
        assert not is_in(client), bad
    client, page = join(way_in.secret, born="2011-05-04", login="XiaoYu12", password="739206")
    assert is_in(client), page.context["form"].errors
    family.user.refresh_from_db()
    assert family.user.login == "xiaoyu12"


def test_a_grown_up_s_password_is_longer_and_not_one_of_the_common_ones(
    coordinator: User, family: Child
) -> None:
    way_in = invited(coordinator, family.guardianships.get().guardian)
    for bad in ("739206", "7392068411", "qwertyuiop", "13800138000", "陈敏陈敏陈敏陈敏陈敏"):
        client, _page = join(way_in.secret, born="2011-05-04", password=bad)
        assert not is_in(client), bad
    assert is_in(join(way_in.secret, born="2011-05-04")[0])


def test_a_coordinator_resets_a_child_s_code_and_the_child_is_told(coordinator: User, family: Child) -> None:
    join(invited(coordinator, family.user).secret, born="2011-05-04", login="xiaoyu12", password="739206")
    parent = family.guardianships.get().guardian
    with pytest.raises(NotYours):
        ways_in.invite_person(actor=parent, user_id=family.user_id)
    way_in = invited(coordinator, family.user)
    assert [told.kind for told in Notice.objects.filter(person=family.user)] == [Kind.PASSWORD_RESET]
    # The child is fifteen: its guardian learns at once of each way in, the first and the reset.
    told = Notice.objects.filter(person=parent)
    assert {(one.kind, one.audience, one.child) for one in told} == {
        (Kind.PASSWORD_RESET, "family", family.pk)
    }
    assert told.count() == 2 and notices_for(parent).count() == 2
    with translation.override("zh-hans"):
        assert on_page(told[0]) == "协调员为小宇办了新的登录方式。如果家里没有人提出过，请马上告诉我们。"
        looks = [look_in_words(one) for one in in_words(parent, looks_at(parent, family.pk))]
    assert looks == ["协调员为孩子办了新的登录方式。"] * 2
    assert is_in(join(way_in.secret, born="2011-05-04", password="840317")[0]), "the sign-in name stays"


@pytest.mark.parametrize("tie", ["guardian", "suspended", "carer"])
def test_nobody_of_a_child_s_family_makes_its_way_in(coordinator: User, family: Child, tie: str) -> None:
    if tie == "carer":
        Carer.objects.update(user=coordinator)
    else:
        status = {"status": "suspended", "status_reason": "court"} if tie == "suspended" else {}
        Guardianship.objects.create(child=family, guardian=coordinator, order=2, **status)
    with pytest.raises(NotYours):
        invited(coordinator, family.user)
    assert not Invitation.objects.exists()


def test_a_small_child_s_way_in_is_its_parents_and_told_to_nobody(coordinator: User, family: Child) -> None:
    family.birth_date = date(timezone.localdate().year - 6, 1, 1)
    family.save()
    invited(coordinator, family.user)
    assert not Notice.objects.exists() and not Entry.objects.filter(action="child.way_in_made").exists()


@pytest.mark.parametrize(("years", "words"), [(7, "请交给家长"), (8, "请直接交给孩子本人")])
def test_from_eight_on_a_child_s_code_goes_to_the_child_itself(
    desk: Client, family: Child, years: int, words: str
) -> None:
    today = timezone.localdate()
    Child.objects.update(birth_date=date(today.year - years, today.month, min(today.day, 28)))
    assert words in desk.post(f"/invitations/{family.user_id}/").content.decode()
    parent = desk.post(f"/invitations/{family.guardianships.get().guardian_id}/").content.decode()
    assert "请交给家长" not in parent and "孩子本人" not in parent


def test_a_parent_finds_no_door_to_a_child_s_code(coordinator: User, family: Child) -> None:
    parent = family.guardianships.get().guardian
    browser = Client()
    browser.force_login(parent)
    assert browser.post(f"/invitations/{family.user_id}/").status_code == 404
    body = {"user": family.user_id}
    assert browser.post("/api/v1/invitations/", body, content_type="application/json").status_code == 404
    assert not Invitation.objects.filter(user=family.user).exists()


def test_the_list_says_who_has_not_come(desk: Client, coordinator: User, family: Child) -> None:
    def names(**query: str) -> list[str]:
        return sorted(user.name for user in desk.get("/invitations/", query).context["page"])

    assert names() == sorted(["陈宇", "陈敏", "王奶奶"])
    way_in = invited(coordinator, family.carer.user)
    join(way_in.secret, born="2011-05-04", login="nainai")
    assert names() == sorted(["陈宇", "陈敏"]) and names(come="yes") == ["王奶奶"]
    assert names(kind="child") == ["陈宇"] and names(search="C1", kind="family", come="no") == ["陈敏"]
    family.guardianships.update(status="suspended", status_reason="court order")
    assert names() == ["陈宇"], "who is suspended is not invited"


def test_the_list_asks_the_database_as_often_for_many(
    desk: Client, family: Child, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        user = User.objects.create_user(name=f"家长{number}")
        Guardianship.objects.create(child=family, guardian=user, order=number + 2)
    with django_assert_max_num_queries(14):
        desk.get("/invitations/")


def test_a_way_in_is_shown_once_as_link_code_and_picture(desk: Client, family: Child) -> None:
    page = desk.post(f"/invitations/{family.user_id}/")
    way_in = page.context["way_in"]
    text = page.content.decode()
    assert way_in.code in text and f"/join#{way_in.secret}" in text and "data:image/svg+xml" in text
    assert "no-store" in page.headers["Cache-Control"]
    assert way_in.code not in desk.get("/invitations/").content.decode()
    kept = str([*Invitation.objects.values_list(), *Entry.objects.values_list()])
    assert as_typed(way_in.code) not in kept and way_in.secret not in kept


def test_it_goes_by_e_mail_to_the_address_of_the_roster(desk: Client, family: Child) -> None:
    mother = family.guardianships.get().guardian
    desk.post(f"/invitations/{mother.pk}/", {"mail": ""})
    letter = mail.outbox[0]
    assert letter.to == ["chen@example.org"] and "/join#" in letter.body and "陈" not in letter.body
    assert desk.post(f"/invitations/{family.user_id}/", {"mail": ""}).status_code == 400


def test_ways_in_for_children_in_a_file_are_shown_as_one_made_alone_is(
    desk: Client, coordinator: User, family: Child
) -> None:
    assert desk.post("/invitations/file/", {"password": PASSWORD, "grade": "3"}).status_code == 200
    parent = family.guardianships.get().guardian
    assert [told.kind for told in notices_for(parent)] == [Kind.PASSWORD_RESET]
    looks = in_words(parent, looks_at(parent, family.pk))
    assert [look.way_in for look in looks] == [True]
    # Once more when only the grown-ups have not come.
    join(invited(coordinator, family.user).secret, born="2011-05-04", login="xiaoyu12", password="739206")
    made = Entry.objects.filter(action="child.way_in_made").count()
    desk.post("/invitations/file/", {"password": PASSWORD, "grade": "3"})
    assert Entry.objects.filter(action="child.way_in_made").count() == made == 2


def test_nobody_takes_their_own_family_s_ways_in_from_a_file(
    desk: Client, coordinator: User, family: Child
) -> None:
    Carer.objects.update(user=coordinator)
    answer = desk.post("/invitations/file/", {"password": PASSWORD, "grade": "3"})
    assert answer.headers["Content-Type"].startswith("text/html") and not Invitation.objects.exists()


def test_the_class_teachers_file_holds_a_way_in_for_everybody_who_has_not_come(
    desk: Client, coordinator: User, family: Child
) -> None:
    join(invited(coordinator, family.carer.user).secret, born="2011-05-04", login="nainai")
    assert desk.post("/invitations/file/", {"password": "wrong", "grade": "3"}).status_code == 200
    answer = desk.post("/invitations/file/", {"password": PASSWORD, "grade": "3"})
    assert "no-store" in answer.headers["Cache-Control"]
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [row[3:5] for row in rows[1:]] == [("陈宇", "学生本人"), ("陈敏", "家长")]
    assert "13800138000" not in str(rows) and "2011-05-04" not in str(rows)
    client, _page = join(str(rows[2][5]), born="2011-05-04")
    assert is_in(client)
    entry = Entry.objects.get(action="people.invited")
    assert len(entry.facts["invitations"]) == 2
    answer = desk.post("/invitations/file/", {"password": PASSWORD, "grade": "4"})
    assert answer.headers["Content-Type"].startswith("text/html"), "nobody to invite"
