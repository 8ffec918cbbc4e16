"""Signing in with codes, each of which a pool takes once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyotp
import pytest

from laptop_cloud import identities
from laptop_cloud.identities import STEP_S, UserSecrets
from laptop_cloud.project import User

PERSON = User(name="person", pool="Pool", client="Client")


class Expired(Exception):
    pass


class Mismatch(Exception):
    pass


class Pool:
    """Takes the last, the current and the next code, each once, as Cognito does."""

    exceptions = SimpleNamespace(
        ExpiredCodeException=Expired,
        CodeMismatchException=Mismatch,
        EnableSoftwareTokenMFAException=Mismatch,
    )

    def __init__(self, clock: SimpleNamespace) -> None:
        self.clock, self.key, self.used = clock, pyotp.random_base32(), set[str]()
        self.delay = 0.0  # s, from the code's calculation to its check
        self.has_mfa = False

    def initiate_auth(self, **_: Any) -> dict[str, str]:
        name = "SOFTWARE_TOKEN_MFA" if self.has_mfa else "MFA_SETUP"
        return {"ChallengeName": name, "Session": "one"}

    def associate_software_token(self, **_: Any) -> dict[str, str]:
        return {"SecretCode": self.key, "Session": "two"}

    def verify_software_token(self, *, UserCode: str, **_: Any) -> None:
        self.take(UserCode)
        self.has_mfa = True

    def respond_to_auth_challenge(self, **given: Any) -> dict[str, dict[str, str]]:
        self.take(given["ChallengeResponses"]["SOFTWARE_TOKEN_MFA_CODE"])
        return {"AuthenticationResult": {"IdToken": "token"}}

    def take(self, code: str) -> None:
        self.clock.now += self.delay
        now, totp = self.clock.time(), pyotp.TOTP(self.key)
        if code not in [totp.at(now + n * STEP_S) for n in (-1, 0, 1)]:
            raise Mismatch
        if code in self.used:
            raise Expired
        self.used.add(code)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    found = SimpleNamespace(now=1_800_000_000.0)  # the begin of a step

    def sleep(seconds: float) -> None:
        found.now += seconds

    found.time, found.sleep = lambda: found.now, sleep
    monkeypatch.setattr(identities, "time", found)
    return found


@pytest.fixture
def pool(clock: SimpleNamespace) -> Pool:
    return Pool(clock)


def sign_in(pool: Pool) -> str:
    root: Any = lambda _service: pool  # noqa: E731
    return identities.sign_in(root, PERSON, "client", UserSecrets("password", pool.key)).code


@pytest.mark.parametrize("after_s", [1, 15, 29, 31, 45, 59, 61, 100])
@pytest.mark.parametrize("begin_s", [0, 14, 29.9])
def test_the_code_for_the_next_sign_in_was_not_used(
    pool: Pool, clock: SimpleNamespace, begin_s: float, after_s: float
) -> None:
    clock.now += begin_s
    identities.set_up_mfa(pool, "client", "person", "password")
    clock.now += after_s

    pool.take(sign_in(pool))


def test_a_person_can_sign_in_after_any_number_of_sign_ins_at_one_moment(pool: Pool) -> None:
    identities.set_up_mfa(pool, "client", "person", "password")

    for _ in range(7):
        code = sign_in(pool)

    pool.take(code)


@pytest.mark.parametrize("set_up_s", [29.95, 20])
def test_a_step_may_end_between_a_code_and_its_check(
    pool: Pool, clock: SimpleNamespace, set_up_s: float
) -> None:
    pool.delay = 0.1
    clock.now += set_up_s
    identities.set_up_mfa(pool, "client", "person", "password")
    clock.now += STEP_S - clock.now % STEP_S + STEP_S - 0.05

    assert sign_in(pool) not in pool.used
