"""What is deployed: a SAM template, the sources it is built from, and its parameters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local import places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SKIPPED = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


@dataclass(frozen=True, slots=True)
class Project:
    template: Path
    sources: tuple[Path, ...]
    stack: str = places.STACK
    parameters: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Changes with every byte that a build or a deployment reads."""
        given = "".join(f"{name}={value}\n" for name, value in sorted(self.parameters.items()))
        return given_and_files(given, self.template, *self.sources)


def given_and_files(given: str, *sources: Path) -> str:
    """A digest of some text and of every file in the sources, but for what tools leave there."""
    total = hashlib.sha256(given.encode())
    for source in sources:
        found = sorted(source.rglob("*")) if source.is_dir() else [source]
        for file in found:
            if file.is_file() and not SKIPPED & set(file.parts):
                total.update(f"{file}\n".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def likeness(
    *, engine: str = "painter", lane: str = "training-job", review: str = "flagged"
) -> Project:
    """The product itself, as it is deployed to AWS, with what differs on a laptop.

    Nobody gives a second opinion there: it has one moderator. `review` is the review policy.
    """
    infra = places.ROOT / "infra"
    return Project(
        template=places.ROOT / "template.yaml",
        sources=(
            places.ROOT / "functions",
            places.ROOT / "layers",
            infra / "console",
            *sorted(infra.glob("*.yaml")),
            *sorted(infra.glob("*.json")),
        ),
        parameters={
            "Stage": places.STAGE,
            "Architecture": places.architecture(),
            "TrainingImage": places.TRAINING_IMAGE,
            "Engine": engine,
            "Backend": lane,
            "ReviewPolicy": review,
            "SecondReviewPercent": "0",
        },
    )
