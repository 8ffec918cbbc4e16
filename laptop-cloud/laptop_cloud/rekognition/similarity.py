"""Distances between faces as percents, so that the thresholds of a policy have a meaning."""

import numpy as np

# The embedding's L2 distance. On photos, pairs of one person lie at 0.33 to 0.45 and pairs of two
# people at 0.815 in the median; 0.60 is the threshold of the model's own authors.
_DISTANCES = (0.0, 0.50, 0.60, 0.80, 1.20)
_PERCENTS = (100.0, 90.0, 80.0, 20.0, 0.0)

SAME_PERSON = 90.0


def similarity(distance: float) -> float:
    """Percent, falling in straight lines: 90 where we accept (0.50), 80 where doubt ends (0.60)."""
    return float(np.interp(distance, _DISTANCES, _PERCENTS))
