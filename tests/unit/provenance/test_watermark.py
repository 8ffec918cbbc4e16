"""The watermark id survives wrong bits, and other pictures hardly ever have one."""

import random
from itertools import combinations
from math import comb

import pytest

from likeness.domain.provenance.watermark import (
    BITS,
    CANDIDATES,
    ID_BITS,
    MAX_WRONG,
    WATERMARK_ID,
    bits_of,
    codebook,
    read_watermarks,
    watermark_of,
    wrong_bits,
)

WATERMARK = watermark_of(7, 1, "a01")


def scores(watermark: str, *, wrong: int, seed: int = 1) -> list[list[float]]:
    """The reader's scores: some bits are wrong, with lower confidence."""
    chance = random.Random(seed)
    flipped = set(chance.sample(range(BITS), wrong))
    return [
        [
            (1 if bit else -1)
            * (-chance.uniform(0, 2) if 32 * quarter + at in flipped else chance.uniform(0.5, 4))
            for at, bit in enumerate(bits)
        ]
        for quarter, bits in enumerate(bits_of(watermark))
    ]


def test_two_codewords_differ_in_twelve_bits_at_least():
    assert len(set(codebook())) == 2048
    sample = random.Random(1).sample(codebook(), 200)
    assert min((a ^ b).bit_count() for a, b in combinations(sample, 2)) >= 12
    assert (
        min(word.bit_count() for word in codebook() if word) == 12
    )  # the code is linear, so its minimum weight is its minimum distance


@pytest.mark.parametrize("wrong", [0, 5, 10, 16])
def test_a_watermark_is_read_despite_wrong_bits(wrong):
    for seed in range(20):
        read = scores(WATERMARK, wrong=wrong, seed=seed)
        assert wrong_bits(WATERMARK, read) == wrong
        assert WATERMARK in read_watermarks(read)


def test_a_lost_quarter_of_the_bits_is_corrected():
    read = scores(WATERMARK, wrong=0)
    read[2] = [0.01 * score for score in reversed(read[2])]

    assert read_watermarks(read)[0] == WATERMARK


def test_one_loud_wrong_bit_decides_nothing():
    read = scores(WATERMARK, wrong=0)
    read[0][0] *= -1000

    assert read_watermarks(read)[0] == WATERMARK


def test_random_scores_are_mostly_no_reading_and_never_exceed_the_candidates():
    chance = random.Random(3)
    found = [
        read_watermarks([[chance.gauss(0, 1) for _ in range(32)] for _ in range(4)])
        for _ in range(40)
    ]

    assert all(len(watermarks) <= CANDIDATES for watermarks in found)
    assert sum(map(len, found)) < 40 * CANDIDATES / 2


def test_the_bounds_in_the_docstring_are_what_the_formulas_give():
    million = 10**6
    assert CANDIDATES * million / 2**ID_BITS == pytest.approx(2.8e-7, rel=0.02)
    near = million * sum(comb(BITS, i) for i in range(MAX_WRONG + 1)) / 2**BITS
    assert near == pytest.approx(6.5e-4, rel=0.02)


def test_watermark_ids_are_deterministic_and_unique():
    watermarks = {
        watermark_of(seed, attempt, f"a{n:02d}")
        for seed in range(20)
        for attempt in (1, 2)
        for n in range(1, 31)
    }

    assert len(watermarks) == 20 * 2 * 30
    assert watermark_of(7, 1, "a01") == WATERMARK
    assert all(WATERMARK_ID.fullmatch(watermark) for watermark in watermarks)
