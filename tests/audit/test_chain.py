"""The log of who did what: nothing altered, removed, added or cut stays hidden, and writers don't fork it."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.audit import chain, log
from backend.audit.models import Entry, Head
from tests.chat.served import Served

# Inside a database of its own; prints how many entries there are, and the faults.
EIGHT_WRITERS = """
import json
from concurrent.futures import ThreadPoolExecutor
from backend.audit import chain
from backend.audit.models import Entry
from tests.audit.test_chain import write
before = Entry.objects.count()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(write, [15] * 8))
print(json.dumps([Entry.objects.count() - before, [str(fault) for fault in chain.faults()]]))
"""
NOON = datetime(2020, 2, 17, 4, tzinfo=UTC)


def write(count: int, actor: User | None = None) -> None:
    for number in range(count):
        with transaction.atomic():
            log.record(actor, "round.published", actor, version=number, kept=["a", {"b": None}])


@pytest.fixture
def heads(settings, tmp_path):
    settings.AUDIT_HEADS_FILE = tmp_path / "heads"


@pytest.fixture
def written(db, heads):
    """40 entries, with the head kept outside after 30."""
    actor = User.objects.create_user(name="甲")
    write(30, actor)
    chain.write_anchor(NOON)
    write(10)
    chain.write_anchor(NOON + timedelta(hours=1))


def found() -> list[chain.Fault]:
    return list(chain.faults(chain.read_anchors()))


def alter(rng: random.Random) -> None:
    """One field of one row, as somebody with the database in hand could."""
    entry = Entry.objects.get(number=rng.randint(1, 40))
    field, value = rng.choice(
        [
            ("at", entry.at + timedelta(microseconds=rng.randint(1, 10**9))),
            ("actor_id", rng.randint(1000, 2000)),
            ("action", entry.action + "x"),
            ("object_type", "accounts.other"),
            ("object_id", str(rng.randint(1000, 2000))),
            ("facts", {**entry.facts, "version": rng.randint(100, 200)}),
            ("number", rng.randint(41, 99)),
            ("previous_hash", f"{rng.getrandbits(256):064x}"),
            ("hash", f"{rng.getrandbits(256):064x}"),
        ]
    )
    Entry.objects.filter(pk=entry.pk).update(**{field: value})


def remove(rng: random.Random) -> None:
    first = rng.randint(1, 40)
    Entry.objects.filter(number__gte=first, number__lt=first + rng.randint(1, 3)).delete()


def cut(rng: random.Random) -> None:
    """The end goes, and the head is put back with it."""
    last = Entry.objects.get(number=rng.randint(1, 39))
    Entry.objects.filter(number__gt=last.number).delete()
    Head.objects.update(number=last.number, hash=last.hash)


def replace(rng: random.Random) -> None:
    """A row is changed with a hash that fits it; those after it stay."""
    row = Entry.objects.get(number=rng.randint(1, 40))
    row.action = "nothing.happened"
    row.hash = log.chained_hash(row.previous_hash, **{name: getattr(row, name) for name in chain.COVERED})
    row.save()


def add(rng: random.Random) -> None:
    """A row after the last one, as `record` would have written it, past the head."""
    last = Entry.objects.get(number=40)
    row = Entry(number=41, at=NOON, action="nothing.happened", previous_hash=last.hash)
    row.hash = log.chained_hash(row.previous_hash, **{name: getattr(row, name) for name in chain.COVERED})
    row.save(force_insert=True)


def forge(rng: random.Random) -> None:
    """A row is changed, and every hash from there on is computed again, the head's too."""
    first = rng.randint(1, 40)
    rows = list(Entry.objects.filter(number__gte=first).order_by("number"))
    Entry.objects.filter(number__gte=first).delete()
    previous = rows[0].previous_hash
    rows[0].action = "nothing.happened"
    for row in rows:
        row.previous_hash = previous
        row.hash = previous = log.chained_hash(
            previous, **{name: getattr(row, name) for name in chain.COVERED}
        )
        row.save(force_insert=True)
    Head.objects.update(number=rows[-1].number, hash=rows[-1].hash)


def swap(rng: random.Random) -> None:
    one, other = rng.sample(range(1, 41), 2)
    first, second = Entry.objects.get(number=one), Entry.objects.get(number=other)
    facts = {"actor_id": first.actor_id, "facts": first.facts}
    Entry.objects.filter(pk=first.pk).update(actor_id=second.actor_id, facts=second.facts)
    Entry.objects.filter(pk=second.pk).update(**facts)


def test_a_whole_log_has_no_faults(written, capsys):
    assert found() == []
    call_command("verify_audit")
    assert "40 entries, one chain; 2 heads outside agree." in capsys.readouterr().out


def test_a_thousand_changes_by_hand_are_all_found(written):
    rng = random.Random(5)
    hidden = []
    for number in range(1000):
        change = rng.choice([alter, alter, alter, remove, cut, replace, add, forge, swap])
        with transaction.atomic():
            try:
                with transaction.atomic():
                    change(rng)
            except IntegrityError:
                pass  # the database itself refused it
            else:
                if not found():
                    hidden.append((number, change.__name__))
            transaction.set_rollback(True)
    assert hidden == []
    assert found() == []


def test_what_was_forged_after_the_last_head_outside_shows_once_the_next_one_stands(written):
    write(2)
    Entry.objects.filter(number=42).delete()
    assert found() == [chain.Fault(42, "cut")]
    kept = Entry.objects.get(number=41)
    Head.objects.update(number=41, hash=kept.hash)
    assert found() == []  # nothing outside knows better: hence every hour
    chain.write_anchor(NOON + timedelta(hours=2))
    Entry.objects.filter(number=41).delete()
    Head.objects.update(number=40, hash=Entry.objects.get(number=40).hash)
    assert found() == [chain.Fault(41, "cut")]


def test_the_command_names_the_entry_and_fails(written, capsys):
    Entry.objects.filter(number=7).update(action="nothing.happened")
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_audit")
    assert "Entry 7 was altered." in capsys.readouterr().out
    chain.anchor_file().write_text("not a head\n")
    with pytest.raises(CommandError, match="has a line"):
        call_command("verify_audit")


def test_a_head_is_kept_outside_once(written):
    chain.write_anchor(NOON + timedelta(hours=2))
    assert [anchor.number for anchor in chain.read_anchors()] == [30, 40]


def test_eight_writers_at_once_make_one_chain(tmp_path):
    served = Served(tmp_path)
    served.prepare(families=0)
    assert served.run(EIGHT_WRITERS) == [120, []]
