"""The desk after publishing, page by page: as many queries for many pairs as for few."""

import re

import pytest
from django.db import connection
from django.db.models import OuterRef
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from backend.rosters.models import Child, ChildSubject, Guardianship, Mentor, Subject
from chat import sealing
from chat.access import meetings_for
from chat.attention import Need
from chat.models import Meeting
from matching import solving
from matching.locks import add_lock
from matching.models import Lock, Pairing, Round
from tests.chat.people import add_family
from tests.web.pressing import press
from tests.web.test_rounds import solved, taken

__all__ = ["solved", "taken"]  # fixtures

COME = ("no", "uninvited", "invited", "yes")
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_from_the_first_page_to_an_end_and_to_who_is_ill(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    long_ago = timezone.now() - timezone.timedelta(days=20)
    Pairing.objects.update(started_at=long_ago, asked_at=long_ago)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(path).status_code == 200
        return len(asked)

    home = desk.get("/").content.decode()
    assert "40 对结对一周了还没见过面" in home and "40 个每周时间导师说不行，或者还没答复" in home
    assert "还没有发过邀请" in home and "收到邀请后还没有登录" not in home
    invited = Pairing.objects.live().select_related("mentor").first().mentor
    desk.post(f"/invitations/{invited.user_id}/")
    assert "有 1 人收到邀请后还没有登录" in desk.get("/").content.decode()
    lists = {come: desk.get(f"/invitations/?come={come}").context["page"].paginator for come in COME}
    assert [row.pk for row in lists["invited"].object_list] == [invited.user_id]
    assert lists["uninvited"].count == lists["no"].count - 1 and lists["yes"].count == 0
    many = {path: queries(path) for path in ("/", *(f"/today/{need}/" for need in Need))}
    assert desk.get("/today/nothing/").status_code == 404
    kept = list(Pairing.objects.values_list("pk", flat=True)[:3])
    Pairing.objects.exclude(pk__in=kept).update(ended_at=timezone.now(), end_reason="finished")
    assert {path: queries(path) for path in many} == many and max(many.values()) < 45
    pairing = Pairing.objects.live().select_related("child", "mentor").first()
    assert f"/pairings/{pairing.pk}/" in desk.get("/today/first/").content.decode()
    page = desk.get(f"/pairings/{pairing.pk}/").content.decode()
    assert pairing.child.name in page and "还没答复" in page
    place = round_.proposals.get(child=pairing.child, role=pairing.role)
    assert f"契合度{place.fit}" in page and f"/change/{pairing.child_id}/{pairing.role}/" in page
    why = desk.get(f"/rounds/{round_.pk}/change/{pairing.child_id}/{pairing.role}/").content.decode()
    assert f"为什么是{pairing.mentor.name}" in why and "可以选的导师" not in why  # nothing to choose any more
    answer = desk.post(f"/pairings/{pairing.pk}/end/", {"reason": "not_a_fit", "never_again": "on"})
    assert answer.headers["Location"] == f"/pairings/{pairing.pk}/" and Lock.objects.count() == 1
    page = desk.get(f"/pairings/{pairing.pk}/").content.decode()
    assert "不太合适" in page and "有 1 家还没有人加入，在这里看不到通知，请打电话" in page
    assert f'<a href="/children/{pairing.child_id}/">' in page.partition("请打电话")[2].partition("</div>")[0]
    other = Pairing.objects.live().select_related("mentor").first()
    path = f"/mentors/{other.mentor_id}/away/"
    theirs = other.mentor.pairings.filter(ended_at=None).values("child")
    parents = User.objects.filter(guardianships__child__in=theirs)
    never = dict(parents.values_list("pk", "password"))
    parents.update(password=User.objects.get(login="zhou@example.org").password)
    page = desk.get(path).content.decode()
    assert f"{other.mentor.name}病了" in page
    for name in ("cancel", "anew"):  # neither is pressed before one has opened what it does, nor with Enter
        before = page[: page.index(f'name="{name}"')]
        assert "</details>" not in before.rpartition('<details class="confirm">')[2]
    assert re.findall(r"<button[^>]*>", page[: page.index('name="until"')])[-1].endswith("disabled hidden>")
    refused = desk.post(path, {"until": "2031-01-01", "anew": "1"})
    assert refused.status_code == 200 and "四周以内" in refused.content.decode()
    answer = desk.post(path, {"until": timezone.localdate().isoformat(), "anew": "1"})
    newest = Round.objects.latest("pk")
    assert answer.headers["Location"] == f"/rounds/{newest.pk}/" and not newest.covers_all
    for _load in range(2):  # the page loads itself again when the round is solved
        page = desk.get(f"/rounds/{newest.pk}/").content.decode()
        assert "次见面已取消" in page and "导师从现在起暂停" in page
    assert solving.run_next_round() and "次见面已取消" in desk.get(f"/rounds/{newest.pk}/").content.decode()
    assert "次见面已取消" not in desk.get(f"/rounds/{newest.pk}/").content.decode()
    answer = press(desk, f"/rounds/{newest.pk}/", "给所有学生重新匹配，能不动的不动")
    over_all = Round.objects.latest("pk")
    assert answer.headers["Location"] == f"/rounds/{over_all.pk}/" and over_all.pk != newest.pk
    assert over_all.covers_all and over_all.stickiness == newest.stickiness > 0
    desk.post(path, {"until": (timezone.localdate() + timezone.timedelta(days=8)).isoformat()})
    away = Meeting.objects.filter(mentor=other.mentor, state="cancelled", for_absence=True)
    page = desk.get(path).content.decode()
    assert away.exists() and "导师回来了" in page and "病假到" in page and "请打电话" not in page
    for pk, password in never.items():
        User.objects.filter(pk=pk).update(password=password)
    some = away.first().child_id
    gone = away.last()
    hour, elsewhere = gone.start, Meeting.objects.to_come().exclude(mentor=other.mentor)
    in_its_place = elsewhere.exclude(mentor__meetings__start=hour).first()
    Meeting.objects.filter(pk=in_its_place.pk).update(
        child=gone.child, start=hour, state="moved", changed_at=timezone.now()
    )
    assert press(desk, path, "导师回来了").headers["Location"] == f"/mentors/{other.mentor_id}/"
    page = desk.get(f"/mentors/{other.mentor_id}/").content.decode()
    assert f'<a href="/children/{some}/">' in page.partition("请打电话")[2].partition("</div>")[0]
    stays = page.partition("有 1 次见面没有恢复")[2].partition("</div>")[0]
    assert f'<a href="/pairings/{gone.pairing_id}/">{gone.child.name}</a>' in stays
    assert f"{timezone.localtime(hour):%H:%M}（其中一方那时有别的见面）" in stays
    assert set(away.values_list("pk", flat=True)) == {gone.pk}
    away.delete()
    assert not away.exists() and not Mentor.objects.get(pk=other.mentor_id).paused
    assert "回来了吗" not in desk.get(path).content.decode()
    # Where nothing falls away, nothing may be moved to either, until somebody says that the mentor is back.
    Meeting.objects.filter(mentor=other.mentor).delete()
    desk.post(path, {"until": timezone.localdate().isoformat()})
    assert "回来了吗" in desk.get(path).content.decode()


def test_lists_of_pairs_stand_in_the_order_asked_for(solved: tuple[Client, Round]) -> None:
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    newest = Pairing.objects.live().order_by("-child__roster_id").first()
    Pairing.objects.filter(pk=newest.pk).update(started_at=timezone.now() + timezone.timedelta(days=1))
    sorts = {
        "": lambda pair: pair.child.roster_id,
        "slot": lambda pair: pair.slot,
        "mentor": lambda pair: pair.mentor.name,
        "-since": lambda pair: -pair.started_at.timestamp(),
    }
    for order, key in sorts.items():
        keys = [key(pair) for pair in desk.get("/pairings/", {"order": order}).context["page"]]
        assert keys == sorted(keys) and len(set(keys)) > 1, order
    # Of a mentor who is ill, who meets soonest comes first, and last who has no meeting to come.
    mentor = max(Mentor.objects.all(), key=lambda each: Pairing.objects.live().filter(mentor=each).count())
    pairs = list(Pairing.objects.live().filter(mentor=mentor))
    Meeting.objects.filter(pairing=pairs[0]).delete()
    shown = [meets for _pair, meets in desk.get(f"/mentors/{mentor.pk}/away/").context["pairs"]]
    assert len(shown) == len(pairs) > 2 and shown[-1] is None
    assert shown[:-1] == sorted(shown[:-1])


def test_whose_log_one_may_not_read_as_staff_has_no_counts_on_the_pair_s_page_either(
    solved: tuple[Client, Round], coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one's own family, or of whom something sealed names the reader."""
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    pairing = Pairing.objects.live().first()
    other = Pairing.objects.live().exclude(child=pairing.child).first()
    path, counts = f"/pairings/{pairing.pk}/", "不计 0 次"
    assert counts in desk.get(path).content.decode()
    held = {}
    for each in (pairing, other):
        held[each.pk] = meeting = each.meetings.order_by("start").first()
        Meeting.objects.filter(pk=meeting.pk).update(state="held", judged_at=timezone.now())

    def told_of(each: Pairing) -> tuple[bool, bool, bool]:
        """How a meeting was judged; that others are to come; when the next is, on the page of a mentor who is ill."""
        own = meetings_for(coordinator).filter(pairing=each)
        away = desk.get(f"/mentors/{each.mentor_id}/away/")
        coming = dict((pair.pk, day) for pair, day in away.context["pairs"])[each.pk]
        return own.filter(pk=held[each.pk].pk).exists(), own.filter(state="planned").exists(), bool(coming)

    assert told_of(pairing) == told_of(other) == (True, True, True)
    Guardianship.objects.create(child=pairing.child, guardian=coordinator, order=3)
    assert counts not in desk.get(path).content.decode()
    assert told_of(other) == (True, True, True)
    assert told_of(pairing) == (True, True, False)  # as every guardian
    Guardianship.objects.filter(guardian=coordinator).update(status="limited", status_reason="court")
    assert told_of(pairing) == (False, True, False)
    path = f"/pairings/{other.pk}/"
    assert counts in desk.get(path).content.decode()
    children = Child.objects.filter(pk=other.child_id).values("pk")
    monkeypatch.setattr(sealing, "_naming", [lambda _user: children])
    assert counts not in desk.get(path).content.decode() and told_of(other) == (False, True, False)


def test_an_end_that_would_break_other_locks_says_so_and_changes_nothing(
    solved: tuple[Client, Round], coordinator: User
) -> None:
    desk, round_ = solved
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    one, other = Pairing.objects.live().filter(role="academic")[:2]
    pinned = {"child_id": other.child_id, "mentor_id": other.mentor_id, "role": "academic"}
    add_lock(actor=coordinator, kind="pin", slot=other.slot, **pinned)
    other.child.free_slots.filter(slot=other.slot).delete()
    path, given = f"/pairings/{one.pk}/end/", {"reason": "not_a_fit", "never_again": "on"}
    answer = desk.post(path, given)
    assert answer.status_code == 200 and other.child.roster_id in answer.content.decode()
    assert Pairing.objects.live().filter(pk=one.pk).exists() and Lock.objects.count() == 1


def test_whom_somebody_parted_lately_is_not_put_together_again_unseen(
    solved: tuple[Client, Round], coordinator: User
) -> None:
    """The end because the mentor leaves pauses them unless it is taken back; the page to publish says the rest."""
    desk, round_ = solved
    preview, words = f"/rounds/{round_.pk}/publish/", "刚结束的同一位"
    first = ChildSubject.objects.filter(child=OuterRef("child"), rank=0).values("subject")
    place = round_.proposals.filter(role="academic", subject__in=first).first()
    one = {"child": place.child, "mentor": place.mentor, "role": "academic", "subject": place.subject}
    now = timezone.now()
    one |= {"round": round_, "slot": place.slot, "started_at": now - timezone.timedelta(days=60)}
    ended = Pairing.objects.create(**one, ended_at=now, end_reason="mentor_left")
    assert words in desk.get(preview).content.decode()
    for changed in ({"end_reason": "rematched"}, {"ended_at": now - timezone.timedelta(days=40)}):
        Pairing.objects.filter(pk=ended.pk).update(
            **{"end_reason": "mentor_left", "ended_at": now, **changed}
        )
        assert words not in desk.get(preview).content.decode()
    most = place.child.wanted.first()
    other_subject = desk.get(preview).content.decode().count("不是首选科目")
    place.child.wanted.exclude(pk=most.pk).delete()
    place.child.wanted.update(rank=3)
    place.child.wanted.create(subject=Subject.objects.exclude(pk=most.subject_id).first(), rank=0)
    assert desk.get(preview).content.decode().count("不是首选科目") == other_subject + 1
    desk.post(preview, {"version": round_.version, "password": "a quiet evening"})
    by_mentor = {pairing.mentor_id: pairing for pairing in Pairing.objects.live().filter(role="academic")}
    fit, left, kept = list(by_mentor.values())[:3]
    for pairing, sent in (
        (fit, {"reason": "not_a_fit", "pauses": "on"}),
        (left, {"reason": "mentor_left", "pauses": "on"}),
        (kept, {"reason": "mentor_left"}),
    ):
        path = f"/pairings/{pairing.pk}/end/"
        assert desk.get(path).context["form"]["pauses"].value() is True
        desk.post(path, sent)
        paused = Mentor.objects.get(pk=pairing.mentor_id).paused
        assert (pairing.mentor_id, paused) == (pairing.mentor_id, pairing is left)


def test_numbers_and_days_beyond_all_bounds_are_refused(solved: tuple[Client, Round]) -> None:
    """And an hour on the mentor's page that is no longer the pair's is not answered about."""
    desk, round_ = solved
    desk.raise_request_exception = False
    big, child, mentor = "9" * 30, Child.objects.first(), Mentor.objects.first()
    place = f"/rounds/{round_.pk}/change/{child.pk}/academic/"
    for path, given in (
        (place, {"version": big, "mentor_id": mentor.pk, "slot": 1}),
        (place, {"version": round_.version, "mentor_id": big, "slot": 1}),
        (place, {"version": round_.version, "mentor_id": mentor.pk, "slot": big}),
        (f"{place}swap/", {"version": round_.version, "other_id": big}),
        (f"{place}lock/", {"kind": "pin", "mentor_id": big}),
        (f"{place}lock/", {"lift": big}),
        (f"/rounds/{round_.pk}/edits/undo/", {"version": big}),
        (f"/rounds/{round_.pk}/again/", {"version": big}),
        ("/rounds/anew/", {"child": big}),
        ("/rounds/paused/", {"mentor": big}),
        ("/my-children/answers/", {"suits": big}),
    ):
        assert (path, desk.post(path, given).status_code) == (path, 404)
    days = {"form": "csv", "first": "0001-01-01", "last": "9999-12-31", "password": "a quiet evening"}
    assert desk.post("/export/meetings/", days).status_code == 200
    desk.post(f"/rounds/{round_.pk}/publish/", {"version": round_.version, "password": "a quiet evening"})
    pairing = Pairing.objects.live().select_related("mentor__user").first()
    mine = Client()
    mine.force_login(pairing.mentor.user)
    page = mine.get("/").content.decode()
    assert f'name="hour_{pairing.pk}" value="{pairing.slot}"' in page
    assert "如果是您要退出" in mine.get(f"/pairings/{pairing.pk}/end/").content.decode()
    asked = re.findall(r'<details class="confirm">(.*?)</details>', page, re.S)
    no = len(re.findall(r'name="does_not"', page))
    assert no and no == "".join(asked).count('name="does_not"'), "a slip of the thumb costs no hour"
    answer = {"does_not": pairing.pk, f"hour_{pairing.pk}": (pairing.slot + 1) % 168}
    assert mine.post("/my-children/answers/", answer).status_code == 409
    pairing.refresh_from_db()
    assert pairing.answer == ""


@pytest.mark.parametrize(
    ("by", "numbers"),
    [
        ("child", {"138 0000 0071"}),
        ("mentor", {"138 0000 0072"}),
        ("both", {"138 0000 0071", "138 0000 0072"}),
    ],
)
def test_who_missed_is_who_is_rung(by: str, numbers: set[str]) -> None:
    """A suspended guardian is not, though the first; nor is anybody who was there."""
    family = add_family()
    link = family.child.guardianships.order_by("order").first()
    link.__class__.objects.filter(pk=link.pk).update(status="suspended", status_reason="court", order=0)
    User.objects.filter(pk=link.guardian_id).update(phone="13800000070")
    other = User.objects.create_user(name="丙", phone="13800000071")
    Guardianship.objects.create(child=family.child, guardian=other, order=9)
    pairing = Pairing.objects.live().select_related("mentor").filter(child=family.child).first()
    User.objects.filter(pk=pairing.mentor.user_id).update(phone="13800000072")
    start = timezone.now() - timezone.timedelta(days=1)
    Meeting.objects.filter(pairing__child=family.child).delete()
    Meeting.objects.create(
        pairing=pairing,
        child=pairing.child,
        mentor=pairing.mentor,
        planned_start=start,
        start=start,
        state="missed",
        missed_by=by,
        judged_at=timezone.now(),
    )
    desk = Client()
    desk.force_login(family.coordinator)
    page = desk.get("/today/missed/").content.decode()
    assert set(re.findall(r"1\d\d 0000 00\d\d", page)) == numbers
