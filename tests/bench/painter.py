"""The painter, in the container's own environment."""

from pathlib import Path

from tests.bench.environments import measured_in

PHOTOS = Path(__file__).parents[2] / "demo" / "photos"


def measure() -> dict[str, float]:
    return measured_in("model", "likeness_model.tools.bench", "--photos", str(PHOTOS))
