"""PDQ hashes, by which known illegal pictures are recognised in lists of hashes.

The values that Meta recommends to begin with (ThreatExchange, pdq/README.md, "Matching"): distance
at most 31 of 256 bits, and hashes with a quality of 49 or less are discarded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_DISTANCE = 31
MIN_QUALITY = 50


class PhotoHashes(Record):
    """The PDQ hashes of a photo's eight orientations: turned and mirrored copies match too."""

    quality: int = Field(ge=0, le=100, description="how much there is to recognise")
    hashes: tuple[int, ...] = Field(description="256 bits each")

    def match(self, known: Collection[int]) -> bool:
        if self.quality < MIN_QUALITY:
            return False
        # A list comprehension is half as slow as a generator: the list may have a million hashes.
        return any(
            [other for other in known if (one ^ other).bit_count() <= MAX_DISTANCE]
            for one in self.hashes
        )


def read_hash_list(text: str) -> tuple[int, ...]:
    """Reads a list: one hash of 64 hex digits in each line; of a CSV file, the first column.

    A first line that has no hash is a header. Raises ValueError, without the line's content, for
    any other line: a list that is read in part would miss pictures.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        column = line.partition(",")[0].strip().strip('"')
        try:
            if len(column) != 64:  # noqa: PLR2004 - hex digits of 256 bits
                raise ValueError
            found.append(int(column, 16))
        except ValueError:
            if line.strip() and number > 1:
                raise ValueError(f"line {number} does not begin with a PDQ hash") from None
    return tuple(found)
