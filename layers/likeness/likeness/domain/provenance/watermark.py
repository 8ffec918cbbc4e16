"""Payload of the invisible watermark: a random 44-bit id in 128 bits of error-correcting code.

RivaGAN writes 32 bits into a picture. Each quarter of an avatar is watermarked, which gives 4 x 32
bits. The id is four words of 11 bits, each a codeword of the extended BCH code (32, 11) with
minimum distance 12 (Lin & Costello, Error Control Coding, table of primitive BCH codes: n = 31,
t = 5, generator 5423325 in octal, and a parity bit). Each word has eight bits in each quarter, so a
lost quarter costs a quarter of each word. A fixed mask makes the quarters different.

Decoding is maximum likelihood with soft decisions: all 2048 codewords are correlated with the
reader's scores. No library for such codes decodes softly: see docs/decisions/035.

False positives: ids are random, so every reading of a foreign picture decodes to
`CANDIDATES` ids of 44 bits. A picture is read twice, as it is and mirrored, and one of N avatars
has such an id with a probability of at most

    2 * CANDIDATES * N / 2**44                         (5.7e-7 for a million avatars)

The scores differ from an id in at most `MAX_WRONG` of 128 bits with a probability of at most

    2 * N * sum(C(128, i) for i <= MAX_WRONG) / 2**128     (1.3e-3 for a million avatars)

Both bounds hold, so the smaller one applies. `MAX_WRONG` is the mean of 128 fair coins minus six
standard deviations (64 - 6 * sqrt(32) = 30): a reading with more wrong bits is rejected.
tests/bench/provenance.py measures the rate on foreign pictures.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Annotated, NewType

from pydantic import StringConstraints

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUARTERS, WORDS = 4, 4
LENGTH, WORD_BITS = 32, 11
BITS = QUARTERS * LENGTH
ID_BITS = WORDS * WORD_BITS
MAX_WRONG = 30
CANDIDATES = 1 + WORDS
CONFIDENT = 3.0  # scores are clipped at this many medians, or a single bit could decide a word
GENERATOR = 0o5423325

WatermarkId = NewType("WatermarkId", str)
WATERMARK_ID = re.compile(r"^[0-9a-f]{11}$")
WatermarkIdField = Annotated[WatermarkId, StringConstraints(pattern=WATERMARK_ID.pattern)]


class Watermarking(StrEnum):
    """Whether an avatar has a watermark, and why not."""

    WRITTEN = "written"
    TOO_FLAT = "too_flat"  # it would not be readable: the picture has none
    NOT_ORDERED = "not_ordered"


def watermark_of(seed: int, attempt: int, avatar: str) -> WatermarkId:
    """Returns an avatar's id: a hash of the job's secret seed, so a replayed step gets the same id.
    It reveals nothing about the user, the job or the picture."""
    drawn = hashlib.blake2b(f"mark:{seed}:{attempt}:{avatar}".encode(), digest_size=8).digest()
    return WatermarkId(f"{int.from_bytes(drawn) >> (64 - ID_BITS):011x}")


def bits_of(watermark: WatermarkId) -> list[list[int]]:
    """Returns four quarters of 32 bits: top left, top right, bottom left, bottom right."""
    number = int(watermark, 16)
    words = [codebook()[number >> (WORD_BITS * n) & 0x7FF] for n in range(WORDS)]
    return [
        [words[_word(quarter, at)] >> at & 1 ^ _mask(quarter, at) for at in range(LENGTH)]
        for quarter in range(QUARTERS)
    ]


def read_watermarks(scores: Sequence[Sequence[float]]) -> list[WatermarkId]:
    """Returns candidate ids, most likely first; empty without a watermark.

    `scores` are four quarters of 32 numbers: positive for a one; the absolute value is the
    confidence. After the most likely id come those with the second-best choice in one word.
    """
    found = []
    for numbers in _likeliest(scores):
        watermark = WatermarkId(
            f"{sum(n << (WORD_BITS * at) for at, n in enumerate(numbers)):011x}"
        )
        if wrong_bits(watermark, scores) <= MAX_WRONG:
            found.append(watermark)
    return found


def wrong_bits(watermark: WatermarkId, scores: Sequence[Sequence[float]]) -> int:
    """Returns how many of the 128 bits differ from this watermark."""
    return sum(
        (score > 0) != bool(bit)
        for read, written in zip(scores, bits_of(watermark), strict=True)
        for score, bit in zip(read, written, strict=True)
    )


def _likeliest(scores: Sequence[Sequence[float]]) -> Iterator[list[int]]:
    ranked = [_two_best(word) for word in _words(scores)]
    yield [best for best, _ in ranked]
    for at, (_, second) in enumerate(ranked):
        yield [second if n == at else best for n, (best, _) in enumerate(ranked)]


def _words(scores: Sequence[Sequence[float]]) -> list[list[float]]:
    """Removes the mask, clips the scores and collects the bits of each word."""
    median = sorted(abs(score) for quarter in scores for score in quarter)[BITS // 2] or 1.0
    words = [[0.0] * LENGTH for _ in range(WORDS)]
    for quarter, read in enumerate(scores):
        for at, score in enumerate(read):
            clipped = max(-CONFIDENT, min(CONFIDENT, score / median))
            words[_word(quarter, at)][at] = -clipped if _mask(quarter, at) else clipped
    return words


def _two_best(word: Sequence[float]) -> tuple[int, int]:
    """Returns the numbers of the two codewords that correlate best with the scores."""
    parts = [_sums(word[at : at + 8]) for at in range(0, LENGTH, 8)]
    scores = [
        parts[0][one] + parts[1][two] + parts[2][three] + parts[3][four]
        for one, two, three, four in _bytes()
    ]
    best = scores.index(max(scores))
    scores[best] = -inf
    return best, scores.index(max(scores))


def _sums(values: Sequence[float]) -> list[float]:
    """Returns the sum of the scores of each subset of positions, indexed by bit mask."""
    sums = [0.0]
    for value in values:
        sums += [value + before for before in sums]
    return sums


@cache
def _bytes() -> tuple[bytes, ...]:
    """Returns the four bytes of each codeword: two halves of it would need 65536 sums each."""
    return tuple(word.to_bytes(4, "little") for word in codebook())


@cache
def codebook() -> tuple[int, ...]:
    """Returns all codewords, indexed by their number; bit n is position n."""
    rows = [_with_parity(GENERATOR << n) for n in range(WORD_BITS)]
    words = [0]
    for row in rows:
        words += [row ^ before for before in words]
    return tuple(words)


def _with_parity(word: int) -> int:
    return word | (word.bit_count() & 1) << 31


def _word(quarter: int, at: int) -> int:
    """Returns which of the four words has bit `at` in this quarter."""
    return (at + quarter) % WORDS


@cache
def _masks() -> tuple[int, ...]:
    drawn = hashlib.sha256(b"likeness mark, version 1").digest()
    return tuple(int.from_bytes(drawn[4 * n : 4 * n + 4]) for n in range(QUARTERS))


def _mask(quarter: int, at: int) -> int:
    return _masks()[quarter] >> at & 1
