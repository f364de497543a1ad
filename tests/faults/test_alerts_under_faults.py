"""Server and worker are killed while alerts are raised and their calls made: none is lost, none is half."""

import http.client
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from tests.care.test_waking import Pager
from tests.chat.served import ROOT, Served, serving

ON_DUTY = """
from datetime import timedelta
from django.utils import timezone
from backend.accounts.models import User
from backend.care.models import Shift
now = timezone.now()
user = User.objects.create_user(name="孙玉梅", phone="13800000001", is_coordinator=True)
Shift.objects.create(person=user, post="counsellor",
                     begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=3))
"""
WHOLE = """
import json
from backend.audit.models import Entry
from backend.care.models import Alert, Note, Wake
from backend.notices.models import Notice
raised = {entry.facts["alert"] for entry in Entry.objects.filter(action="alert.raised")}
print(json.dumps([[note.body for note in Note.objects.all()], [
    {"words": alert.words,
     "wakes": [str(wake.token) for wake in alert.wakes.filter(person__phone__isnull=False)],
     "told": Notice.objects.filter(about=f"alert:{alert.pk}").count(), "logged": alert.pk in raised}
    for alert in Alert.objects.all()]]))
"""


def tell(port: int, cookie: str, child: int, words: str) -> bool:
    """As a parent's browser does. Whether the server said that it was kept."""
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        path = f"/children/{child}/tell/"
        browser.request("GET", path, headers={"Cookie": cookie})
        answer = browser.getresponse()
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read())
        kept = answer.headers.get("Set-Cookie", "").partition(";")[0]
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1].decode(), "kind": "concern", "words": words}
        headers = {"Cookie": f"{cookie}; {kept}", "Content-Type": "application/x-www-form-urlencoded"}
        browser.request("POST", path, urlencode(form), headers)
        return browser.getresponse().status == 302
    except (OSError, http.client.HTTPException):
        return False
    finally:
        browser.close()


def test_a_server_killed_while_parents_tell_loses_nothing_that_it_took(tmp_path: Path) -> None:
    with serving(tmp_path, families=4) as served:
        served.run(ON_DUTY)
        port, kept, stop = served.start(), [], threading.Event()

        def talk(number: int) -> None:
            family, said = served.facts[number], 0
            while not stop.is_set():
                words = f"不放心 {number}-{said}"
                if tell(port, family["cookies"]["parent"], family["child"], words):
                    kept.append(words)
                said += 1
                time.sleep(0.05)

        threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for _time in range(2):
            _wait_for_more(kept, 6)
            served.kill(port)
            served.start(port)
        _wait_for_more(kept, 4)
        stop.set()
        for thread in threads:
            thread.join()
        notes, alerts = served.run(WHOLE)
    # What somebody adds while those on duty are called already stands in the case, and calls nobody again.
    assert len(kept) >= 16 and set(kept) <= {alert["words"] for alert in alerts} | set(notes)
    # Also of what was not acknowledged: whole, or not at all.
    assert [alert for alert in alerts if not (alert["wakes"] and alert["told"] and alert["logged"])] == []


def test_a_worker_killed_in_the_middle_of_its_calls_leaves_none_out(tmp_path: Path) -> None:
    pager = Pager()
    with serving(tmp_path, env={"SHUANGDAO_PAGER_URL": pager.url}) as served:
        served.run(ON_DUTY)
        served.run(
            "from backend.care.alerts import raise_alert\n"
            "from backend.rosters.models import Child\n"
            "for kind in ['S1', 'S2', 'S3', 'H1', 'help', 'concern'] * 3:\n"
            "    raise_alert(actor=None, child=Child.objects.get(), kind=kind)\n"
        )
        # It fails at first, then works, and its worker is killed after the first few calls.
        worker = _work(served)
        time.sleep(4)
        assert pager.calls == []
        _end(worker)
        served.run(
            "from backend.care.models import Wake\nfrom django.utils import timezone\nWake.objects.update(next_try_at=timezone.now())"
        )
        pager.works, pager.slow = True, 0.2
        worker = _work(served)
        _wait(lambda: len(pager.calls) >= 3)
        _end(worker)
        made = len(pager.calls)
        pager.slow = 0
        worker = _work(served)
        expected = {token for alert in served.run(WHOLE)[1] for token in alert["wakes"]}
        _wait(lambda: {call["token"] for call in pager.calls} >= expected, 60)
        _end(worker)
    assert made < len(expected) == 18


def _work(served: Served) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(ROOT / "manage.py"), "worker"]
    with (served.data / "worker.log").open("a") as log:
        return subprocess.Popen(command, cwd=ROOT, env=served.env, stdout=log, stderr=log)


def _end(worker: "subprocess.Popen[bytes]") -> None:
    worker.kill()
    worker.wait(10)


def _wait_for_more(kept: list[str], more: int) -> None:
    enough = len(kept) + more
    _wait(lambda: len(kept) >= enough)


def _wait(done, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


AT_ONCE = """
import json
from threading import Barrier, Thread
from django.db import connection
from backend.accounts.models import User
from backend.care.alerts import ask_for_help, raise_alert, take_case, tell_those_on_duty
from backend.care.cases import HasOwner
from backend.care.models import Alert, Case, Note, Shift, Wake
from backend.rosters.models import Child, Guardianship
from django.utils import timezone
from datetime import timedelta

now, child = timezone.now(), Child.objects.first()
two = [User.objects.create_user(name=name) for name in ("孙玉梅", "何静")]
for user in two:
    Shift.objects.create(person=user, post="counsellor",
                         begins_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=3))

def at_once(*acts):
    barrier, done = Barrier(len(acts)), []
    def run(act):
        barrier.wait()
        try:
            done.append(act())
        except HasOwner:
            done.append(None)
        finally:
            connection.close()
    threads = [Thread(target=run, args=(act,)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return done

won = []
for _time in range(10):
    case = raise_alert(actor=None, child=child, kind="S1").case_id
    taken = at_once(*[lambda user=user: take_case(actor=user, case_id=case).owner_id for user in two])
    owner = Case.objects.get(pk=case).owner_id
    won.append(sorted(each is None for each in taken) == [False, True] and owner in taken
               and Note.objects.filter(case=case, kind="taken").count() == 1)
asked = at_once(*[lambda: ask_for_help(actor=child.user).pk] * 6)
parent = Guardianship.objects.get(child=child).guardian
told = at_once(*[lambda: tell_those_on_duty(
    actor=parent, child_id=child.pk, kind="concern", words="他不吃饭").pk] * 6)
print(json.dumps({"won": won, "asked": [len(asked), len(set(asked))], "told": [len(told), len(set(told))],
                  "called": Wake.objects.filter(alert__in=[*asked, *told]).count(),
                  "notes": Note.objects.exclude(kind="taken").count()}))
"""


def test_two_who_take_it_and_six_clicks_at_the_same_moment(two) -> None:
    assert two.served.run(AT_ONCE) == {
        "won": [True] * 10,
        "asked": [6, 1],
        "told": [6, 1],
        "called": 4,  # two counsellors for each of two alerts
        "notes": 0,
    }
