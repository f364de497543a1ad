"""Notices on the site: one's own, newest first, read once looked at; the same over REST."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend import policy
from backend.errors import NotYours
from backend.notices.access import access_notice
from backend.notices.kinds import Audience, Kind
from backend.notices.models import Notice
from backend.policy import Relation
from backend.rosters.models import Guardianship
from tests.chat.people import Family, at
from tests.notices.conftest import got
from tests.notices.test_one_a_day import MISSED, MOVED, SUMMARY, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening(family: Family) -> Any:
    Notice.objects.all().delete()
    with time_machine.travel(at(20), tick=False):
        yield


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(client: Client, path: str = "/notices/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_newest_stands_first_and_looking_is_reading(family: Family) -> None:
    tell(family, at(10), MOVED)
    tell(family, at(11), SUMMARY)
    parent = browser_of(family.parent)
    home = page_of(parent, "/")
    assert "未读" in home and 'href="/notices/"' in home
    page = page_of(parent)
    assert page.index("小结") < page.index("改到了")
    assert "2月17日 周一 11:00" in page
    assert page.count("badge-info") == 3, "one in the header, two on the page"
    again = page_of(parent)
    assert "未读" not in again and "badge-info" not in again
    assert "改到了" in again
    assert len(page.encode()) < 60_000 and " style=" not in page


def test_a_head_request_reads_nothing_and_a_post_is_no_way_in(family: Family) -> None:
    tell(family, at(10), MOVED)
    parent = browser_of(family.parent)
    assert parent.head("/notices/").status_code == 200
    assert got(family.parent)[0].read_at is None
    assert parent.post("/notices/").status_code == 405


def test_without_news_the_page_says_that_nothing_is_to_be_done(family: Family) -> None:
    assert "badge-info" not in page_of(browser_of(family.stranger))


def test_each_leads_where_its_reader_may_go(family: Family) -> None:
    tell(family, at(10), MISSED, MOVED)
    tell(family, at(10), MOVED, who=family.child.user, audience=Audience.CHILD)
    page = page_of(browser_of(family.parent))
    assert f"/children/{family.child.pk}/history/" in page and "/meetings/" in page
    assert "/meetings/" not in page_of(browser_of(family.child.user))


@pytest.mark.parametrize("who", ["coordinator", "carer", "stranger"])
def test_nobody_reads_somebody_else_s(family: Family, who: str) -> None:
    tell(family, at(10), MOVED)
    other = browser_of(getattr(family, who))
    assert "改到了" not in page_of(other)
    assert other.get("/api/v1/notices/").json()["count"] == 0
    pk = got(family.parent)[0].pk
    assert other.post(f"/api/v1/notices/{pk}/read/").status_code == 404
    with pytest.raises(NotYours):
        access_notice(getattr(family, who), pk)
    assert got(family.parent)[0].read_at is None
    every = set(Relation) - {Relation.ADDRESSEE}
    assert not any(policy.allows("notice", action, every) for action in policy.TABLE["notice"])


def test_a_visitor_is_asked_to_sign_in(family: Family) -> None:
    answer = Client().get("/notices/")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in/")


def test_a_guardian_who_is_suspended_sees_and_counts_nothing_any_more(family: Family) -> None:
    tell(family, at(10), MOVED, MISSED)
    parent = browser_of(family.parent)
    Guardianship.objects.update(status="limited", status_reason="协议")
    assert parent.get("/api/v1/notices/").json()["count"] == 1
    Guardianship.objects.update(status="suspended", status_reason="法院")
    page = page_of(parent)
    assert "未读" not in page and "沐阳" not in page
    assert parent.get("/api/v1/notices/").json()["count"] == 0


def test_the_page_asks_as_often_for_many_as_for_few(family: Family) -> None:
    counts = []
    for number in (1, 40):
        tell(family, at(10), *[MOVED] * number)
        parent = browser_of(family.parent)
        with CaptureQueriesContext(connection) as queries:
            page_of(parent)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8
    assert 'rel="next"' in page_of(browser_of(family.parent))


def test_over_rest_they_are_listed_filtered_and_marked(family: Family) -> None:
    tell(family, at(10), MOVED, SUMMARY)
    parent = browser_of(family.parent)
    body = parent.get("/api/v1/notices/", {"unread": "true"}).json()
    assert [row["kind"] for row in body["results"]] == [SUMMARY, MOVED]
    first = body["results"][0]
    assert set(first) == {"id", "kind", "about", "child", "text", "at", "read_at"}
    assert first["text"].endswith("小结。") and first["child"] == family.child.pk
    for _twice in range(2):
        assert parent.post(f"/api/v1/notices/{first['id']}/read/").status_code == 204
    left = parent.get("/api/v1/notices/", {"unread": "true"}).json()["results"]
    assert [row["kind"] for row in left] == [MOVED]
    assert parent.get("/api/v1/notices/", {"kind": Kind.SUMMARY_WRITTEN}).json()["count"] == 1
