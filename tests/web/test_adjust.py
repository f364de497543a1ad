"""A plan changed by hand on its pages, by two people at once."""

import re
from html import escape, unescape

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.rosters.models import Child
from matching.edits import choices_for
from matching.models import Lock, Pairing, Round
from tests.web.test_rounds import solved, taken

__all__ = ["solved", "taken"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def plan(round_: Round) -> set[tuple[int, str, int, int]]:
    return set(round_.proposals.values_list("child", "role", "mentor", "slot"))


def offered(page: str, name: str) -> list[int]:
    """The values of the buttons of this name."""
    return [int(value) for value in re.findall(rf'name="{name}"\s+value="(\d+)"', page)]


def test_swapped_taken_back_done_again_and_the_second_coordinator_told(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    before, base = plan(round_), f"/rounds/{round_.pk}/"
    for child in Child.objects.all():
        path = f"{base}change/{child.pk}/academic/"
        page = desk.get(path).content.decode()
        others = offered(page, "other_id")
        if others:
            break
    assert "两人的一周" in page and page.count("本方案的时间") >= 2  # in the key and in the grid
    seen = round_.version
    answer = desk.post(f"{path}swap/", {"version": seen, "other_id": others[0]})
    assert answer.headers["Location"] == f"{base}edits/"
    swapped = plan(round_)
    assert len(swapped - before) == 2

    second = Client()
    second.force_login(User.objects.create_user(name="秦岭", login="q", is_coordinator=True))
    mine = round_.proposals.filter(role="wellbeing").first()
    stale = {"version": seen, "mentor_id": mine.mentor_id, "slot": mine.slot}
    other = Child.objects.get(pk=others[0])
    for path_, given in (
        (f"{base}change/{mine.child_id}/wellbeing/", stale),
        (f"{path}swap/", {"version": seen, "other_id": others[0]}),
        (f"{base}edits/undo/", {"version": seen}),
        (f"{base}again/", {"version": seen}),
        (f"{base}publish/", {"version": seen, "password": "x"}),
    ):
        if "publish" in path_:
            second.force_login(round_.created_by)
            given = {**given, "password": "a quiet evening"}
        told = second.post(path_, given)
        text = told.content.decode()
        assert told.status_code == 409, path_
        assert round_.created_by.name in text and child.name in text and other.name in text, path_
    assert plan(round_) == swapped and not Pairing.objects.exists()

    page = desk.get(f"{base}edits/").content.decode()
    assert f"撤销第 {seen} 号" in page and "恢复第" not in page
    desk.post(f"{base}edits/undo/", {"version": seen + 1})
    assert plan(round_) == before
    assert f"恢复第 {seen} 号" in desk.get(f"{base}edits/").content.decode()
    desk.post(f"{base}edits/redo/", {"version": seen + 2})
    assert plan(round_) == swapped
    answer = desk.post(f"{base}again/", {"version": seen + 3})
    again = Round.objects.latest("pk")
    assert answer.headers["Location"] == f"/rounds/{again.pk}/" and again.state == "solving"
    assert plan(again) == swapped - before


def test_never_again_is_said_on_the_pair_s_page_and_stands_against_publishing(
    solved: tuple[Client, Round],
) -> None:
    desk, round_ = solved
    one = round_.proposals.filter(role="academic").select_related("child", "mentor").first()
    path = f"/rounds/{round_.pk}/change/{one.child_id}/academic/"
    desk.post(f"{path}lock/", {"kind": "forbid", "mentor_id": one.mentor_id})
    lock = Lock.objects.get()
    assert (lock.child_id, lock.mentor_id, lock.kind, lock.role) == (
        one.child_id,
        one.mentor_id,
        "forbid",
        "",
    )
    assert f"不再与{one.mentor.name}结对" in desk.get(path).content.decode()
    given = {"version": round_.version, "password": "a quiet evening"}
    refused = desk.post(f"/rounds/{round_.pk}/publish/", given)
    assert refused.status_code == 409 and one.child.name in refused.content.decode()
    # Said once, and for all that this plan can still be given; also by whoever knows the hour.
    page = desk.get(path)
    assert 'value="forbid"' not in page.content.decode() and 'value="pin"' in page.content.decode()
    assert one.mentor.roster_id not in {
        choice.mentor for choice in choices_for(round_, one.child.roster_id, "academic")
    }
    wanted = {"version": round_.version, "mentor_id": one.mentor_id, "slot": one.slot}
    assert desk.post(path, wanted).status_code == 400
    other = round_.proposals.filter(role="wellbeing").exclude(child=one.child_id).first()
    kept = {"version": round_.version, "mentor_id": other.mentor_id, "slot": other.slot}
    assert desk.post(f"/rounds/{round_.pk}/change/{other.child_id}/wellbeing/", kept).status_code == 302
    round_.refresh_from_db()
    given["version"] = round_.version
    # A pin beside it can't hold, and says so.
    desk.post(f"{path}lock/", {"kind": "pin", "mentor_id": one.mentor_id})
    assert Lock.objects.count() == 1 and "同时" in desk.get(path).content.decode()
    desk.post(f"{path}lock/", {"lift": lock.pk})
    assert not Lock.objects.filter(lifted_at=None).exists()
    assert choices_for(round_, one.child.roster_id, "academic")


def test_from_a_narrowed_list_to_a_place_and_back_to_where_one_was(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    base = f"/rounds/{round_.pk}/"
    listed = f"{base}proposals/?role=academic&page=1&order=fit"
    html = desk.get(listed).content.decode()
    links = re.findall(rf'href="({base}change/\d+/academic/\?[^"]*)"', html)
    for link in map(unescape, links):
        page = desk.get(link)
        html = page.content.decode()
        if slots := offered(html, "slot"):
            break
    child_id = page.context["child"].pk
    here = f"{listed}#place-{child_id}-academic"
    assert f'id="place-{child_id}-academic"' in desk.get(listed).content.decode()
    assert page.context["back"] == here and f'href="{escape(here)}"' in html
    mentor = int(
        re.findall(
            r'name="mentor_id" value="(\d+)">\s*<button type="submit"\s+class="button"\s+name="slot"', html
        )[0]
    )
    given = {"version": round_.version, "mentor_id": mentor, "slot": slots[0], "back": here}
    for other in ("https://example.org/", "//example.org/", "/rounds/0/", f"{base[:-1]}@example.org"):
        page = desk.get(f"{base}change/{child_id}/academic/", {"back": other})
        assert page.context["back"] == ""
    answer = desk.post(f"{base}change/{child_id}/academic/", given)
    assert answer.status_code == 302 and answer.headers["Location"] == here


def test_the_points_of_a_pair_add_up_on_its_page(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    place = round_.proposals.first()
    round_.proposals.filter(pk=place.pk).update(fit=30, value=25, terms={"grade": 20, "shared": 10})
    html = desk.get(f"/rounds/{round_.pk}/change/{place.child_id}/{place.role}/").content.decode()
    told = re.sub(r"<[^>]*>|\s", "", html[html.index("<h2>为什么") :])
    assert sum(map(int, re.findall(r"(\d+)分（最多", told))) == 30
    assert "合计（契合度）30" in told and "扣除−5" in told and "在方案里计为25" in told
