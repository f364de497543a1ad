"""A right that ends, on one process: denied at the next request, closed within 2 s, nothing delivered after."""

import pytest

from tests.chat.revocations import REVOCATIONS, revoke_all, suspend
from tests.chat.served import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("revoked"), families=len(REVOCATIONS) + 1) as house:
        house.ports = [house.start()]
        yield house


def test_every_right_that_ends_is_gone_at_once(served):
    (port,) = served.ports
    revoke_all(served, (port, port), 0)


def test_a_suspended_guardian_finds_nothing_at_the_next_request(served):
    suspend(served, tuple(served.ports), len(REVOCATIONS))
