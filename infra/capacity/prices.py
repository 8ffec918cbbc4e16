"""AWS's prices and limits: aws.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AWS = Path(__file__).with_name("aws.yaml")
NOT_READ = "not read"


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    counts: tuple[str, ...]
    value: float
    each_second: bool  # else it is of what exists at once
    adjustable: bool
    source: str
    raised: float | None = None  # what AWS says that it raises the limit to
    ours: str = ""  # the parameter or file that sets it
    elsewhere: str = ""  # in other regions or accounts

    @property
    def read(self) -> bool:
        return self.source != NOT_READ


@cache
def document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(AWS.read_text())
    return found


def price(name: str) -> float:
    """Dollars for one. Raises KeyError for an unknown name."""
    usd: float = document()["prices"][name]["usd"]
    return usd


def instance_hour(kind: str) -> float | None:
    """Dollars for an hour of an instance type; None if aws.yaml has no price."""
    found = document()["instance_hour"].get(kind)
    return None if found is None else found["usd"]


def rekognition_image(region: str) -> float:
    """Dollars for an image in the first tier."""
    regions: Mapping[str, float] = document()["rekognition"]["regions"]
    return regions.get(region, regions[document()["region"]])


def rekognition_month(images: Mapping[str, float], *, bound: bool = False) -> float:
    """Dollars for so many images of each operation in a month. Tiers count a group together.

    With `bound` no image is cheaper than the last tier whose price was read.
    """
    about = document()["rekognition"]
    total = 0.0
    for group, tiers in about["tiers"].items():
        left = sum(n for operation, n in images.items() if about["groups"][operation] == group)
        for most, usd in tiers:
            part = left if most is None else min(left, most)
            total += part * (max(usd, about["bound"]) if bound else usd)
            left -= part
    return total


def busy_seconds(engine: str, instance: str) -> float:
    """Seconds for which a job of thirty avatars keeps an instance busy.

    Raises KeyError for an engine that aws.yaml does not have, or that needs another instance.
    """
    about = document()["engines"][engine]
    if "seconds" in about:
        return float(about["seconds"])
    peak = document()["accelerators"][instance]["tflops"]
    return float(about["tflop"] / (peak * document()["reached"]))


def wait_s(call: str) -> float:
    """Seconds that a function waits for a call; 0 for what is no call of it."""
    service = call.partition(":")[0]
    together: int = document()["at_once"].get(service, 1)
    milliseconds: float = document()["waits_ms"].get(service, 0.0)
    return milliseconds / 1000 / together


def limits() -> Iterator[Limit]:
    for one in document()["limits"]:
        yield Limit(
            name=one["name"],
            counts=tuple(one["counts"]),
            value=one.get("each_second") or one["at_once"],
            each_second="each_second" in one,
            adjustable=one["adjustable"],
            source=one["source"],
            raised=one.get("raised"),
            ours=one.get("ours", ""),
            elsewhere=str(one.get("elsewhere", "")),
        )
