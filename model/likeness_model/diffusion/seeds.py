"""Seeds that follow from others: nothing here is random."""

import hashlib


def mixed(*parts: int | str) -> int:
    """0..2^63-1, another for any other parts."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def seed_of(seed: int, attempt: int) -> int:
    """The first attempt draws with the ordered seed, each later one with its own."""
    return seed if attempt == 1 else mixed("attempt", seed, attempt)
