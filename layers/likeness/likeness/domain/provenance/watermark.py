"""The invisible watermark's message: an id of 44 random bits, spread over 128 so that errors are mended.

RivaGAN writes 32 bits into a picture. An avatar is marked in four quarters, so it carries 4 x 32.
The id is four words of 11 bits, each one a codeword of the extended BCH code (32, 11) with minimum
distance 12 (Lin & Costello, Error Control Coding, table of primitive BCH codes: n = 31, t = 5,
generator 5423325 in octal, and a parity bit). Every word has eight bits in each quarter: a quarter
that is lost takes a quarter of each word. A fixed mask keeps quarters from saying the same thing.

Words are decoded by maximum likelihood: all 2048 codewords are compared with what was read, weighed
by how sure the reader was. No library for such codes weighs: see docs/decisions/035.

How often is a picture called ours that is not? Whatever the reader sees in it, ids are random: it
decodes to `CANDIDATES` words of 44 bits, and of N avatars one has such an id with a probability of
at most

    CANDIDATES * N / 2**44                       (2.8e-7 for a million avatars)

and it is at most `MAX_WRONG` of 128 bits away from one with a probability of at most

    N * sum(C(128, i) for i <= MAX_WRONG) / 2**128     (6.5e-4 for a million avatars)

Both hold, so the smaller one counts. `MAX_WRONG` is the mean of 128 fair coins less six deviations
(64 - 6 * sqrt(32) = 30): more wrong bits than that are no reading.
tests/bench/provenance.py measures the rate on foreign pictures.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from typing import Annotated, NewType

from pydantic import StringConstraints

QUARTERS, WORDS = 4, 4
LENGTH, WORD_BITS = 32, 11
BITS = QUARTERS * LENGTH
ID_BITS = WORDS * WORD_BITS
MAX_WRONG = 30
CANDIDATES = 1 + WORDS
CONFIDENT = 3.0  # medians: a reading is weighed no more than that, or one loud bit decides a word
GENERATOR = 0o5423325

WatermarkId = NewType("WatermarkId", str)
WATERMARK_ID = re.compile(r"^[0-9a-f]{11}$")
WatermarkIdField = Annotated[WatermarkId, StringConstraints(pattern=WATERMARK_ID.pattern)]


class Watermarking(StrEnum):
    """What became of an avatar's mark."""

    WRITTEN = "written"
    TOO_FLAT = "too_flat"  # it would not be read again: such a picture stays without
    NOT_ORDERED = "not_ordered"


def watermark_of(seed: int, attempt: int, avatar: str) -> WatermarkId:
    """The id of an avatar: drawn from its job's secret seed by hashing, so that a replayed step
    names the same one. It says nothing of the user, the job or the picture."""
    drawn = hashlib.blake2b(f"mark:{seed}:{attempt}:{avatar}".encode(), digest_size=8).digest()
    return WatermarkId(f"{int.from_bytes(drawn) >> (64 - ID_BITS):011x}")


def bits_of(watermark: WatermarkId) -> list[list[int]]:
    """Four quarters of 32 bits: top left, top right, bottom left, bottom right."""
    number = int(watermark, 16)
    words = [codebook()[number >> (WORD_BITS * n) & 0x7FF] for n in range(WORDS)]
    return [
        [words[_word(quarter, at)] >> at & 1 ^ _mask(quarter, at) for at in range(LENGTH)]
        for quarter in range(QUARTERS)
    ]


def read_watermarks(scores: Sequence[Sequence[float]]) -> list[WatermarkId]:
    """The ids that were likeliest written, likeliest first; empty where nothing was.

    `scores` are four quarters of 32 numbers: above zero for a one, the further the surer. After
    the likeliest id come those in which one word is its second-best.
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
    """How many of the 128 bits were read otherwise than this mark has them."""
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
    """The mask taken off, loud readings turned down, each word put together again."""
    usual = sorted(abs(score) for quarter in scores for score in quarter)[BITS // 2] or 1.0
    words = [[0.0] * LENGTH for _ in range(WORDS)]
    for quarter, read in enumerate(scores):
        for at, score in enumerate(read):
            weighed = max(-CONFIDENT, min(CONFIDENT, score / usual))
            words[_word(quarter, at)][at] = -weighed if _mask(quarter, at) else weighed
    return words


def _two_best(word: Sequence[float]) -> tuple[int, int]:
    """The two codewords that correlate best with what was read, by their numbers."""
    halves = [_sums(word[:16]), _sums(word[16:])]
    ranked = sorted(
        range(1 << WORD_BITS),
        key=lambda n: -(halves[0][codebook()[n] & 0xFFFF] + halves[1][codebook()[n] >> 16]),
    )
    return ranked[0], ranked[1]


def _sums(values: Sequence[float]) -> list[float]:
    """For each set of positions, the sum of what was read there."""
    sums = [0.0]
    for value in values:
        sums += [value + before for before in sums]
    return sums


@cache
def codebook() -> tuple[int, ...]:
    """All codewords by the number they carry; bit n of a codeword is its n-th position."""
    rows = [_with_parity(GENERATOR << n) for n in range(WORD_BITS)]
    words = [0]
    for row in rows:
        words += [row ^ before for before in words]
    return tuple(words)


def _with_parity(word: int) -> int:
    return word | (word.bit_count() & 1) << 31


def _word(quarter: int, at: int) -> int:
    """Which of the four words has its bit `at` in this quarter."""
    return (at + quarter) % WORDS


@cache
def _masks() -> tuple[int, ...]:
    drawn = hashlib.sha256(b"likeness mark, version 1").digest()
    return tuple(int.from_bytes(drawn[4 * n : 4 * n + 4]) for n in range(QUARTERS))


def _mask(quarter: int, at: int) -> int:
    return _masks()[quarter] >> at & 1
