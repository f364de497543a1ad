"""What the machine must say in production."""

import pytest

from backend.env import BadEnv, read_env

PRODUCTION = {
    "SHUANGDAO_MODE": "production",
    "SHUANGDAO_SECRET_KEY": "k" * 50,
    "SHUANGDAO_HOSTS": "pairs.example",
    "SHUANGDAO_ORIGINS": "https://pairs.example",
    "DATABASE_URL": "postgres://db/pairs",
    "REDIS_URL": "redis://cache",
}


def test_limits_are_names_with_whole_numbers() -> None:
    found = read_env({"SHUANGDAO_ROOM_LIMITS": "lag_s=30, page=40"}).room_limits
    assert found == {"lag_s": 30, "page": 40} and read_env({}).room_limits == {}
    for wrong in ("lag_s", "lag_s=", "lag_s=-1", "lag_s=1.5", "lag_s=３０"):
        with pytest.raises(BadEnv, match="SHUANGDAO_ROOM_LIMITS"):
            read_env({"SHUANGDAO_ROOM_LIMITS": wrong})


def test_e_mails_that_are_really_sent_have_a_sender() -> None:
    assert read_env(PRODUCTION).email_from is None, "without a mailer they become files"
    mailer = {"SHUANGDAO_EMAIL_URL": "smtp://mailer"}
    with pytest.raises(BadEnv, match="SHUANGDAO_EMAIL_FROM"):
        read_env(PRODUCTION | mailer)
    sender = {"SHUANGDAO_EMAIL_FROM": "hello@pairs.example"}
    assert read_env(PRODUCTION | mailer | sender).email_from == "hello@pairs.example"
