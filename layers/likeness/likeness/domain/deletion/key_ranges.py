"""Which keys of the buckets the daily sweep walks, in ranges that can be walked side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.deletion.receipt import DRAWN, PHOTOS, PUBLISHED, WORK
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

DIGITS = "0123456789abcdef"  # job ids are random: `j` and 32 hexadecimal digits
FOLDERS = {"photos": PHOTOS, "avatars": (*WORK, *DRAWN, *PUBLISHED)}  # by bucket


class KeyRange(Record):
    """Keys after `after`, up to and including `up_to`, in S3's order (that of UTF-8 bytes)."""

    bucket: str
    after: str = ""
    up_to: str | None = None  # the end of the bucket


def ranges_of(day: datetime) -> tuple[KeyRange, ...]:
    """Every key, unknown ones too, but of the published avatars one sixteenth of the jobs.

    A job's avatars live for weeks, so they are most of what is stored, and their lifecycle rule
    deletes them. The sixteenth changes daily, by the first digit of the job id.
    """
    today = DIGITS[day.toordinal() % len(DIGITS)]
    return tuple(one for bucket in FOLDERS for one in _ranges(bucket, today))


def _ranges(bucket: str, today: str) -> Iterator[KeyRange]:
    bounds = {f"{folder}/j{digit}" for folder in FOLDERS[bucket] for digit in DIGITS}
    for folder in PUBLISHED if bucket == "avatars" else ():
        bounds |= {f"{folder}/j{today}{digit}" for digit in DIGITS} | {f"{folder}/k"}
    afters = ["", *sorted(bounds)]
    for after, up_to in zip(afters, [*afters[1:], None], strict=True):
        if not after.startswith("avatars/j") or after.startswith(f"avatars/j{today}"):
            yield KeyRange(bucket=bucket, after=after, up_to=up_to)
