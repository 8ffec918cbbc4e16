"""Seeds derived from other values: nothing here is random."""

import hashlib


def derived_seed(*parts: int | str) -> int:
    """0..2^63-1; other parts give another seed."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def draw_seed(seed: int, draw: int) -> int:
    """The ordered seed for the first draw, a derived one for each later draw."""
    return seed if draw == 1 else derived_seed("attempt", seed, draw)
