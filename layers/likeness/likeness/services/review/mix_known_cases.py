"""Mix known cases into the review queue, and score those that were decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from likeness.services.review.known_case_mixer import KnownCaseMixer


def mix_known_cases(*, mixer: KnownCaseMixer) -> int:
    """Return how many known cases were scored, withdrawn or prepared.

    Raises Invalid, after everything else is done, if the manifest or a set cannot be used.
    """
    return mixer.mix()
