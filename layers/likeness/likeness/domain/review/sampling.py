"""Which clean jobs and which decisions are sampled for a review."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Self

from pydantic import Field

from likeness.domain.record import Record

if TYPE_CHECKING:
    from likeness.domain.ids import JobId


class ReviewPolicy(Record):
    """Which jobs are reviewed besides those with findings that need review."""

    percent: float = Field(ge=0, le=100)

    @classmethod
    def read(cls, text: str) -> Self:
        """Parses `flagged`, `all`, or `sample:N` for N percent."""
        if text in {"flagged", "all"}:
            return cls(percent=100 if text == "all" else 0)
        kind, _, share = text.partition(":")
        try:
            if kind == "sample":
                return cls(percent=float(share))
        except ValueError:
            pass
        raise ValueError(
            f"review policy {text!r} must be flagged, all or sample:N with N from 0 to 100"
        )

    def selects(self, job_id: JobId) -> bool:
        return is_sampled(job_id, self.percent, "review")


def is_sampled(job_id: JobId, percent: float, sample: str) -> bool:
    """Deterministic sampling by job id; samples of different names are independent."""
    digest = hashlib.blake2b(f"{sample}:{job_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < percent / 100 * 2**64
