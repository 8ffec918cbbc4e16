"""The painter, in the container's own environment."""

from infra.local import places
from tests.bench.environments import measured_in

PHOTOS = places.ROOT / "infra" / "local" / "demo" / "photos"


def measure() -> dict[str, float]:
    return measured_in("model", "likeness_model.tools.bench", "--photos", str(PHOTOS))
