"""Whoever is called is woken until the pager took it, whatever fails on the way."""

import http.server
import json
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from backend.accounts.models import User
from backend.care import waking
from backend.care.alerts import ask_for_help, raise_alert, take_case
from backend.care.calling import climb_ladders
from backend.care.models import Wake
from backend.notices import letters
from tests.care.on_duty import MINUTE, a_worker_lives, later

pytestmark = pytest.mark.django_db


class Pager:
    """What stands behind the pager's address: it fails until it is told to work."""

    def __init__(self) -> None:
        self.works, self.slow, self.calls, outer = False, 0.0, [], self
        self.moved_to: str | None = None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(outer.slow)
                if outer.moved_to:
                    self.send_response(302)
                    self.send_header("Location", outer.moved_to)
                    return self.end_headers()
                if outer.works:
                    outer.calls.append(body)
                self.send_response(204 if outer.works else 503)
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def pager(settings):
    made = Pager()
    settings.PAGER_URL = made.url
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_pager_and_a_mailer_that_fail_for_ten_minutes_lose_nothing(
    family, counsellor, lead, pager, monkeypatch
):
    User.objects.filter(pk=lead.pk).update(phone="13800000002", email="he@example.org")
    works = mail.get_connection

    def broken(*_args, **_options):
        raise OSError

    with time_machine.travel(timezone.now(), tick=False) as clock:
        start = timezone.now()
        alert = ask_for_help(actor=family.child.user)
        more = [raise_alert(actor=None, child=family.child, kind=kind) for kind in ("S1", "A1", "S3")]
        monkeypatch.setattr("backend.notices.letters.EmailMessage.send", broken)
        for _second in range(0, 600, 10):
            climb_ladders(timezone.now())
            waking.work_off()
            letters.gather(timezone.now())
            letters.post()
            clock.shift(timedelta(seconds=10))
        assert pager.calls == [] and mail.outbox == []
        a_worker_lives(timezone.now())
        assert not waking.can_wake(timezone.now())
        monkeypatch.undo()
        pager.works = True
        assert mail.get_connection is works
        while timezone.now() < start + 40 * MINUTE:
            waking.work_off()
            letters.gather(timezone.now())
            letters.post()
            clock.shift(timedelta(seconds=10))
    with_phone = Wake.objects.filter(person__phone__isnull=False)
    tokens = [call["token"] for call in pager.calls]
    assert sorted(tokens) == sorted(str(wake.token) for wake in with_phone) and len(set(tokens)) == len(
        tokens
    )
    assert {call["phone"] for call in pager.calls} == {"13800000001", "13800000002"}
    assert "林沐阳" not in json.dumps(pager.calls, ensure_ascii=False)
    assert {each.to[0] for each in mail.outbox} == {"sun@example.org", "he@example.org"}
    assert all(each.wakes.filter(person=lead).exists() for each in (alert, *more))


def test_a_worker_that_dies_in_a_call_leaves_it_for_the_next(family, counsellor, pager, monkeypatch):
    ask_for_help(actor=family.child.user)
    pager.works = True

    def dies(_wake):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(waking, "page", dies)
        with pytest.raises(KeyboardInterrupt):
            waking.work_off()
    assert not waking.work_off()  # within the lease it may still be on its way
    assert waking.send_due(lambda: later(0.6)) == 1
    assert len(pager.calls) == 1


def test_whoever_was_answered_for_is_not_woken_any_more(family, counsellor, pager):
    alert = ask_for_help(actor=family.child.user)
    waking.work_off()
    take_case(actor=counsellor, case_id=alert.case_id)
    pager.works = True
    assert waking.send_due(lambda: later(1)) == 0 and pager.calls == []
