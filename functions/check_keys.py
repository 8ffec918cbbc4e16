"""Schedule: measures the state of the KMS keys and of the certificate."""

from likeness import bootstrap
from likeness.entrypoints.schedule import on_schedule
from likeness.services.provenance.check_keys import check_keys


@on_schedule
def handler() -> int:
    return check_keys(
        keys=bootstrap.keys(),
        certificates=bootstrap.certificates(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
    )
