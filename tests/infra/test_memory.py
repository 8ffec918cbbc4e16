"""Each MemorySize against the recorded peaks (docs/performance.md, "Memory of the functions")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.infra.documents import FUNCTION, ROOT, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTOR = 1.5  # of the peak: a job may be larger than the one that was measured
LEAST = 1024  # MB, 0.58 of a processor: with less, a cold start takes more than a second
ROW = re.compile(
    r"^\| (?P<name>[A-Za-z ]+?)(?:,[^|]*)? \| (?:\d+ to )?(?P<peak>\d+) \| (?P<size>\d+) \|$"
)
OTHERS = "every other function of the job"


def recorded() -> dict[str, tuple[int, int]]:
    text = (ROOT / "docs" / "performance.md").read_text()
    table = text.partition("## Memory of the functions")[2].partition("\n## ")[0]
    return {
        found["name"]: (int(found["peak"]), int(found["size"]))
        for line in table.splitlines()
        if (found := ROW.match(line))
    }


def functions() -> Iterator[tuple[str, int]]:
    for template in read_all().values():
        shared = template.get("Globals", {}).get("Function", {})
        for name, one in template["Resources"].items():
            if one["Type"] == FUNCTION and name != "CanaryFunction":  # waits, and imports little
                yield name.removesuffix("Function"), (shared | one["Properties"])["MemorySize"]


def test_every_function_has_the_memory_of_its_rule() -> None:
    peaks = recorded()
    assert peaks.keys() >= {"InspectPhoto", "PublishAvatars", OTHERS}
    too_small = {
        name: size
        for name, size in functions()
        if size < max(LEAST, FACTOR * peaks.get(name, peaks[OTHERS])[0])
    }
    assert too_small == {}


def test_the_recorded_sizes_are_those_of_the_templates() -> None:
    sizes = dict(functions())
    assert {name: size for name, (_, size) in recorded().items() if name != OTHERS} == {
        name: sizes[name] for name in recorded() if name != OTHERS
    }
