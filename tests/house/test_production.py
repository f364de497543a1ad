"""The settings of production, in a process of their own."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from tests.chat.served import ROOT


def run(tmp_path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SHUANGDAO_", "DATABASE"))
    }
    production = {
        "SHUANGDAO_MODE": "production",
        "SHUANGDAO_SECRET_KEY": secrets.token_urlsafe(60),
        "SHUANGDAO_HOSTS": "shuangdao.example",
        "SHUANGDAO_ORIGINS": "https://shuangdao.example",
        "SHUANGDAO_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgres://somebody@127.0.0.1/nowhere",
        "REDIS_URL": "redis://127.0.0.1/0",
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        **more,
    }
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=kept | production, capture_output=True, text=True)


def test_djangos_own_check_for_deployment_finds_nothing(tmp_path):
    done = run(tmp_path, "-m", "django", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_cookies_are_bound_to_the_host_and_sockets_to_exact_origins(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings as s\n"
        "from chat.routing import _of_ours as sockets\n"
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_NAME)\n"
        "print(type(sockets).__name__, sockets.allowed_origins)\n"
        "print(sockets.valid_origin(__import__('urllib.parse').parse.urlparse('http://shuangdao.example')))\n"
        "print([d for d, v in s.CONTENT_SECURITY_POLICY['DIRECTIVES'].items() if any('unsafe' in w for w in v)])\n"
    )
    said = run(tmp_path, "-c", code).stdout.splitlines()
    assert said == [
        "__Host-session True None __Host-csrf",
        "OriginValidator ('https://shuangdao.example',)",
        "False",
        "[]",
    ]


def test_a_missing_or_misspelt_setting_is_named(tmp_path):
    for more, expected in [
        ({"SHUANGDAO_SECRET_KEY": "short"}, "SHUANGDAO_SECRET_KEY"),
        ({"SHUANGDAO_HOSTS": ""}, "SHUANGDAO_HOSTS"),
        ({"SHUANGDAO_HOST": "x"}, "SHUANGDAO_HOST is not a setting"),
        ({"REDIS_URL": ""}, "DATABASE_URL and REDIS_URL"),
    ]:
        done = run(tmp_path, "-m", "django", "check", **more)
        assert done.returncode != 0
        assert expected in done.stderr
