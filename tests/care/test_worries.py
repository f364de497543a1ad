"""Who told a worry reads whether anybody has taken it, and nothing else; of a report, and of what is sealed, nothing."""

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.care.alerts import pass_on, take_case
from backend.care.cases import close_case, seal_case
from backend.care.models import Alert, Shift
from backend.care.rota import keep_watch
from backend.rosters.models import Guardianship
from tests.care.on_duty import put_on_duty
from tests.web.test_family import browser_of

pytestmark = pytest.mark.django_db
WORDS, LINE = "沐阳三天没说话了", "您反映的沐阳的情况"
WAITS, TAKEN = "还没有人接手", "孙老师接手了"
NUMBERS, REACHED = "12355", "现在能联系到人"


def tell(user, family, kind="concern", **given) -> str:
    """What the next page says."""
    posted = {"kind": kind, "words": WORDS, **given}
    answer = browser_of(user).post(f"/children/{family.child.pk}/tell/", posted, follow=True)
    return answer.content.decode()


def home(user) -> str:
    """The whole first page; what it asks for again says the same."""
    browser = browser_of(user)
    whole = browser.get("/").content.decode()
    part = browser.get("/", headers={"Asks-Again": "1"}).content.decode()
    assert part.count(LINE) == whole.count(LINE) and "<html" not in part
    assert (part.strip() in whole) is (LINE in whole or 'id="now"' in whole)
    return whole


@pytest.mark.parametrize("who", ["mentor", "parent"])
def test_who_told_a_worry_reads_whether_anybody_has_taken_it(family, counsellor, lead, who):
    user = {"mentor": family.wellbeing.user, "parent": family.parent}[who]
    assert LINE not in home(user)
    said = tell(user, family)
    assert "谁接手了，首页会写明" in said and "会有人处理" not in said and "收到" not in said
    told = home(user)
    assert f"{WAITS}，现在没有人在线" in told and "#numbers" in told
    keep_watch(actor=counsellor, now=timezone.now())
    told = home(user)
    assert f"{WAITS}，正在联系值班老师" in told and "#numbers" not in told
    case = Alert.objects.get().case_id
    take_case(actor=counsellor, case_id=case)
    told = home(user)
    assert TAKEN in told and WAITS not in told and WORDS not in told and f"/cases/{case}/" not in told
    for other in (family.academic.user, family.carer, family.stranger, family.child.user):
        assert LINE not in browser_of(other).get("/").content.decode()
    pass_on(actor=counsellor, case_id=case, note="请接着来")
    assert WAITS in home(user)
    take_case(actor=lead, case_id=case)
    close_case(actor=lead, case_id=case, outcome="settled")
    assert LINE not in home(user)


def test_of_a_report_and_of_what_a_lead_sealed_nothing_stands_there(family, counsellor, lead):
    mentor, parent = family.wellbeing.user, family.parent
    said = tell(mentor, family, "report", named=parent.pk)
    assert "正在通知儿童保护负责人" in said and "首页会写明" not in said
    for user in (mentor, parent, family.academic.user):
        assert LINE not in home(user)
    tell(parent, family)
    assert LINE in home(parent) and LINE not in home(mentor)
    seal_case(actor=lead, case_id=Alert.objects.get(kind="concern").case_id)
    assert LINE not in home(parent)


def test_who_may_see_the_schedule_only_or_is_nothing_to_the_child_any_more_reads_nothing(family, counsellor):
    tell(family.parent, family)
    Guardianship.objects.filter(guardian=family.parent).update(status="limited", status_reason="so")
    assert LINE not in home(family.parent)
    keep_watch(actor=counsellor, now=timezone.now())
    form = browser_of(family.parent).get(f"/children/{family.child.pk}/tell/").content.decode()
    assert REACHED in form and "首页会写明" not in form
    said = tell(family.parent, family)
    assert "正在联系值班老师" in said and "首页" not in said[said.index("正在联系值班老师") :][:20]
    Guardianship.objects.filter(guardian=family.parent).update(status="suspended", status_reason="so")
    assert LINE not in home(family.parent)


def test_before_telling_one_reads_whether_anybody_can_be_reached(family, counsellor):
    browser = browser_of(family.wellbeing.user)
    page = browser.get(f"/children/{family.child.pk}/tell/").content.decode()
    assert NUMBERS in page and REACHED not in page and "马上看到" not in page
    put_on_duty(family.wellbeing.user)
    keep_watch(actor=family.wellbeing.user, now=timezone.now())  # oneself is nobody to be reached
    assert NUMBERS in browser.get(f"/children/{family.child.pk}/tell/").content.decode()
    keep_watch(actor=counsellor, now=timezone.now())
    page = browser.get(f"/children/{family.child.pk}/tell/").content.decode()
    assert REACHED in page and "首页会写明" in page and NUMBERS not in page
    Shift.objects.filter(person=counsellor).delete()
    assert NUMBERS in browser.get(f"/children/{family.child.pk}/tell/").content.decode()
    assert User.objects.filter(is_safeguarding_lead=True).count() == 0
