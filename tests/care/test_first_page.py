"""Whoever may help finds on their first page that a child waits; nobody else, and of what is sealed nobody but a lead."""

import re

import pytest
from django.utils import timezone

from backend.care.alerts import ask_for_help, raise_alert, take_case, tell_those_on_duty
from backend.care.models import Shift, Watch
from backend.care.rota import keep_watch
from tests.care.on_duty import put_on_duty
from tests.chat.people import add_family
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db
IN_NEED, UNANSWERED = "需要人的孩子", "还没有人回应"


def rows(user) -> list[str]:
    """What stands in the card of children in need, a line each; that it is the first thing on the page is checked."""
    page = browser_of(user).get("/").content.decode()
    main = page[page.index("<main") :]
    if IN_NEED not in main:
        return []
    card = main[main.index(IN_NEED) : main.index("</section>", main.index(IN_NEED))]
    assert "<section" not in main[: main.index(IN_NEED)].removesuffix(
        '<section class="card card-now">\n    <h2>'
    )
    lines = [re.sub(r"<[^>]*>", " ", each) for each in card.split("<li>")[1:]]
    return [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize("who", ["counsellor", "mentor"])
def test_who_is_on_duty_reads_first_that_a_child_waits(family, counsellor, lead, who):
    user = {"counsellor": counsellor, "mentor": family.wellbeing.user}[who]
    if who == "mentor":
        put_on_duty(user)
    assert rows(user) == []
    raise_alert(actor=None, child=family.child, kind="A1")  # sealed: the leads' alone
    assert rows(user) == []
    alert = ask_for_help(actor=family.child.user)
    (line,) = rows(user)
    assert "林沐阳" in line and line.endswith(UNANSWERED)
    take_case(actor=user, case_id=alert.case_id)
    (line,) = rows(user)
    assert line.endswith(f"{user.name}在处理")
    ask_for_help(actor=family.child.user)  # and once more, while it is looked after
    assert rows(user)[0].endswith(f"{user.name}在处理 {UNANSWERED}")


def test_who_is_not_on_duty_and_was_not_called_reads_nothing(family, counsellor):
    ask_for_help(actor=family.child.user)
    Shift.objects.all().delete()
    assert len(rows(counsellor)) == 1  # was called
    for user in (family.wellbeing.user, family.academic.user, family.parent, family.carer, family.stranger):
        assert rows(user) == []


def test_of_coordinators_a_lead_reads_who_it_is_and_the_others_that_somebody_is(family, counsellor, lead):
    ask_for_help(actor=family.child.user)
    for user, named in ((lead, True), (family.coordinator, False)):
        (line,) = rows(user)
        assert ("林沐阳" in line) is named and re.search(r"\d\d:\d\d起", line)
        assert line.endswith(f"起 {UNANSWERED}")  # and no colon that stands alone


def test_once_somebody_took_it_the_child_s_first_page_says_so_as_the_help_page_does(family, counsellor):
    child = browser_of(family.child.user)
    alert = ask_for_help(actor=family.child.user)
    first = child.get("/").content.decode()  # nobody looks at the screen, and nobody can be woken
    assert "看看谁会来" not in first and "现在没有老师在线" in first and "现在就能打的电话" in first
    keep_watch(actor=counsellor, now=timezone.now())
    assert "看看谁会来" in child.get("/").content.decode()
    take_case(actor=counsellor, case_id=alert.case_id)
    first, card = (child.get(path).content.decode() for path in ("/", "/help/now/"))
    assert (
        "孙老师看到了，会来找你" in card and "孙老师看到了，会来找你" in first and "看看谁会来" not in first
    )


def test_the_first_page_asks_again_and_nobody_counts_as_watching_for_that(family, counsellor, lead):
    for user in (counsellor, lead, family.coordinator):
        browser = browser_of(user)
        page = browser.get("/").content.decode()
        assert 'data-asks="/"' in page and "asking.js" in page and IN_NEED not in page
    for user in (family.parent, family.stranger, family.child.user):
        assert 'data-asks="/"' not in browser_of(user).get("/").content.decode()
    ask_for_help(actor=family.child.user)
    for user, named in ((counsellor, True), (lead, True), (family.coordinator, False), (family.parent, None)):
        part = browser_of(user).get("/", headers={"Asks-Again": "1"}).content.decode()
        assert (IN_NEED in part, "林沐阳" in part) == (named is not None, bool(named)) and "<html" not in part
    assert not Watch.objects.exists()


def test_a_child_that_asks_now_stands_before_a_worry(family, counsellor):
    other = add_family(1)
    tell_those_on_duty(
        actor=other.wellbeing.user, child_id=other.child.pk, kind="concern", words="他很久没来了"
    )
    alert = ask_for_help(actor=family.child.user)
    assert ["林沐阳0" in row for row in rows(counsellor)] == [True, False]
    take_case(actor=counsellor, case_id=alert.case_id)  # what nobody has answered comes first all the same
    assert ["林沐阳0" in row for row in rows(counsellor)] == [False, True]
