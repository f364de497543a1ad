"""The main job on a small city: file, round, one worker, publish; and what must not happen on the way."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import Entry
from backend.errors import NotYours
from backend.rosters.imports import UploadMovedOn, check_upload, take_upload
from backend.rosters.models import Child, Mentor, RosterUpload
from matching import solving
from matching.edits import BreaksARule, PlanChanged, change_proposal
from matching.models import Pairing, Round
from matching.publishing import WorldMoved, difference, publish_round
from matching.rounds import RoundMovedOn, cancel_round, start_round
from tests.matching.conftest import workbook

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def solved(coordinator: User) -> Round:
    round_ = start_round(actor=coordinator)
    assert solving.run_next_round()
    round_.refresh_from_db()
    assert round_.state == "solved", round_.error
    return round_


def test_from_a_file_to_published_pairs_and_a_counsellor_who_leaves(imported: User) -> None:
    first = solved(imported)
    assert first.summary["complete"] == 30 and first.summary["proved_optimal"]
    publish_round(actor=imported, round_id=first.pk, version=first.version)
    before = {(p.child_id, p.role): p for p in Pairing.objects.live()}
    assert len(before) == 60
    gone = Mentor.objects.filter(is_wellbeing=True).first()
    Mentor.objects.filter(pk=gone.pk).update(active=False)
    second = solved(imported)
    found = difference(second)
    publish_round(actor=imported, round_id=second.pk, version=second.version)
    after = {(p.child_id, p.role): p for p in Pairing.objects.live()}
    kept = [key for key in after if key in before and after[key].pk == before[key].pk]
    assert len(kept) == len(found.kept) + len(found.moved) > 0
    assert not Pairing.objects.live().filter(mentor=gone).exists()
    assert {(u.child_id, u.role) for u in second.unserved.all()} == set(before) - set(after)
    first.refresh_from_db()
    assert first.state == "superseded"


def test_an_older_round_leaves_children_alone_who_came_after_it(imported: User) -> None:
    late = Child.objects.first()
    Child.objects.filter(pk=late.pk).update(active=False)
    older = solved(imported)
    Child.objects.filter(pk=late.pk).update(active=True)
    own = start_round(actor=imported, child_ids=[late.pk])
    assert solving.run_next_round()
    own.refresh_from_db()
    publish_round(actor=imported, round_id=own.pk, version=own.version)
    pairs = set(Pairing.objects.live().filter(child=late).values_list("pk", flat=True))
    assert len(pairs) == 2 and not difference(older).ended
    try:
        publish_round(actor=imported, round_id=older.pk, version=older.version)
    except WorldMoved:  # the older plan may want an hour that is the late child's now
        assert not Pairing.objects.live().exclude(child=late).exists()
    assert set(Pairing.objects.live().filter(child=late).values_list("pk", flat=True)) == pairs


def test_a_round_over_one_mentor_s_children_leaves_all_other_pairs_as_they_were(
    imported: User, client: Client
) -> None:
    city = solved(imported)
    publish_round(actor=imported, round_id=city.pk, version=city.version)
    ill = Mentor.objects.filter(is_wellbeing=True, pairings__ended_at=None).first()
    theirs = set(Pairing.objects.live().filter(mentor=ill).values_list("child", flat=True))
    Mentor.objects.filter(pk=ill.pk).update(paused=True)
    others = list(Pairing.objects.live().exclude(child__in=theirs).order_by("pk").values())
    narrow = start_round(actor=imported, child_ids=theirs)
    assert solving.run_next_round()
    narrow.refresh_from_db()
    publish_round(actor=imported, round_id=narrow.pk, version=narrow.version)
    assert not Pairing.objects.live().filter(mentor=ill).exists() and others
    assert list(Pairing.objects.live().exclude(child__in=theirs).order_by("pk").values()) == others
    client.force_login(imported)
    home = client.get("/").context
    assert (home["current"], home["beside"], home["earlier"]) == (narrow, city, city)
    # Going back is publishing the plan of before: it touches those children alone.
    Mentor.objects.filter(pk=ill.pk).update(paused=False)
    city.refresh_from_db()
    publish_round(actor=imported, round_id=city.pk, version=city.version)
    assert list(Pairing.objects.live().exclude(child__in=theirs).order_by("pk").values()) == others
    assert Pairing.objects.live().filter(mentor=ill).exists()
    assert client.get("/").context["beside"] is None


def test_a_plan_that_can_t_be_stored_goes_back_with_the_reason(imported: User, monkeypatch) -> None:
    round_ = start_round(actor=imported)

    def fails(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(solving, "store", fails)
    assert solving.run_next_round()
    round_.refresh_from_db()
    assert round_.state == "draft" and "RuntimeError" in round_.error


def test_a_round_over_an_unknown_child_is_refused(imported: User) -> None:
    with pytest.raises(NotYours):
        start_round(actor=imported, child_ids=[Child.objects.first().pk, 987654321])
    assert not Round.objects.exists()


def test_a_second_publish_is_refused_and_writes_nothing(imported: User) -> None:
    round_ = solved(imported)
    publish_round(actor=imported, round_id=round_.pk, version=round_.version)
    entries = Entry.objects.count()
    with pytest.raises(RoundMovedOn):
        publish_round(actor=imported, round_id=round_.pk, version=round_.version)
    assert Pairing.objects.count() == 60 and Entry.objects.count() == entries


def test_publishing_names_the_rows_when_the_world_has_moved(imported: User) -> None:
    round_ = solved(imported)
    mentor = round_.proposals.first().mentor
    mentor.vetted_until = timezone.localdate() - timedelta(days=1)
    mentor.save()
    with pytest.raises(WorldMoved) as refused:
        publish_round(actor=imported, round_id=round_.pk, version=round_.version)
    assert {row["mentor"] for row in refused.value.facts["rows"]} == {mentor.roster_id}
    round_.refresh_from_db()
    assert round_.state == "solved" and not Pairing.objects.exists()


def test_a_worker_killed_in_mid_round_leaves_nothing_stuck(imported: User) -> None:
    round_ = start_round(actor=imported)
    killed = solving.claim()
    assert killed is not None and solving.claim() is None
    Round.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert solving.run_next_round()
    round_.refresh_from_db()
    assert round_.state == "solved"
    with pytest.raises(solving.NoLongerOurs):
        solving._heartbeat(killed, {})


def test_a_cancelled_round_is_given_up_by_the_worker(imported: User) -> None:
    round_ = start_round(actor=imported)
    claimed = solving.claim()
    cancel_round(actor=imported, round_id=round_.pk)
    with pytest.raises(solving.NoLongerOurs):
        solving.solve_in_subprocess(claimed)


def test_a_change_by_hand_obeys_the_rules_and_the_version(imported: User) -> None:
    round_ = solved(imported)
    one = round_.proposals.filter(role="wellbeing").first()
    change = {"actor": imported, "round_id": round_.pk, "child_id": one.child_id, "role": "wellbeing"}
    with pytest.raises(BreaksARule):
        change_proposal(**change, version=round_.version, mentor_id=one.mentor_id, slot=3)
    changed = change_proposal(**change, version=round_.version, mentor_id=one.mentor_id, slot=one.slot)
    assert changed.version == round_.version + 1
    with pytest.raises(PlanChanged):
        change_proposal(**change, version=round_.version, mentor_id=one.mentor_id, slot=one.slot)


def test_a_file_is_taken_once_and_by_coordinators_only(coordinator: User) -> None:
    stranger = User.objects.create_user(name="乙", login="x")
    with pytest.raises(NotYours):
        check_upload(actor=stranger, file_name="r.xlsx", content=workbook())
    upload = check_upload(actor=coordinator, file_name="r.xlsx", content=workbook())
    assert len(upload.report["difference"]["children"]["new"]) == 30 and not Child.objects.exists()
    take_upload(actor=coordinator, upload_id=upload.pk)
    with pytest.raises(UploadMovedOn):
        take_upload(actor=coordinator, upload_id=upload.pk)
    again = check_upload(actor=coordinator, file_name="r.xlsx", content=workbook(20))
    assert len(again.report["difference"]["children"]["gone"]) == 10


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04broken"])
def test_a_file_that_is_none_is_refused_and_changes_nobody(coordinator: User, content: bytes) -> None:
    upload = check_upload(actor=coordinator, file_name="r.xlsx", content=content)
    assert upload.state == RosterUpload.State.REFUSED and upload.report["problems"][0]["row"] == 1
    with pytest.raises(UploadMovedOn):
        take_upload(actor=coordinator, upload_id=upload.pk)
    assert not Child.objects.exists()


@pytest.mark.parametrize(
    "same", [("mentor", "slot"), ("child", "role"), ("child", "slot"), ("child", "mentor")]
)
def test_the_database_refuses_a_double(imported: User, same: tuple[str, str]) -> None:
    round_ = solved(imported)
    publish_round(actor=imported, round_id=round_.pk, version=round_.version)
    one, other = Pairing.objects.live().filter(role="academic")[:2]
    values = {"child": other.child, "role": "wellbeing", "mentor": other.mentor, "slot": 1}
    ended = {"ended_at": timezone.now(), "end_reason": "finished"}
    Pairing.objects.filter(child=other.child, role="wellbeing").update(**ended)
    values |= {name: getattr(one, name) for name in same}
    subject = one.subject if values["role"] == "academic" else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.create(**values, subject=subject, round=round_, started_at=timezone.now())
