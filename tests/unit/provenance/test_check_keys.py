"""Keys that cannot be used, and a certificate that expires."""

from datetime import datetime, timedelta

import pytest

from likeness.services.provenance.check_keys import check_keys
from tests.alarms import goes_off
from tests.builders import NOW
from tests.fakes import FakeClock, FakeMetrics


class Keys:
    def __init__(self, unusable: int) -> None:
        self.unusable = lambda: unusable


class Chain:
    def __init__(self, until: datetime | None) -> None:
        self.renew_at = lambda: until


@pytest.mark.parametrize("unusable", [0, 1])
@pytest.mark.parametrize(("days", "late"), [(0, False), (-0.1, True), (-31, True), (None, True)])
def test_a_key_or_a_certificate_that_cannot_be_used_rings(unusable, days, late):
    metrics = FakeMetrics()
    until = None if days is None else NOW + timedelta(days=days)

    assert (
        check_keys(
            keys=Keys(unusable), certificates=Chain(until), metrics=metrics, clock=FakeClock()
        )
        == unusable
    )

    assert goes_off("keys-unusable", metrics) is bool(unusable)
    assert goes_off("certificate-expires", metrics) is late
