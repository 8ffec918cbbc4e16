"""IANA time zones, by their names in the tz database alone.

Names and rules come from the package tzdata (PEP 615, "Sources for time zone data"), never from the
host: a host's folder also has names that are not the database's (`localtime`, `posixrules`,
`right/UTC`), and Lambda's image may have no folder at all.
"""

from functools import cache
from importlib import resources
from types import MappingProxyType
from zoneinfo import ZoneInfo

from likeness.domain.errors import Invalid

UTC_NAME = "UTC"  # the database's own name is Etc/UTC; ECMA-402 and the phones call it UTC
NO_ZONE = "Factory"  # the database's placeholder for "not set"


@cache
def names() -> MappingProxyType[str, str]:
    """Every name of the database, with the zone's current name.

    An old spelling has the current name of its zone (`Asia/Calcutta`: `Asia/Kolkata`). A place that
    shares another one's rules keeps its own (`Europe/Oslo`): zone.tab lists it. tzdata.zi has the
    zones (`Z name ...`) and links (`L target name`) as zic(8) reads them.
    """
    data = resources.files("tzdata.zoneinfo")
    places = {
        row.split("\t")[2].strip()
        for row in data.joinpath("zone.tab").read_text().splitlines()
        if not row.startswith("#")
    }
    found: dict[str, str] = {}
    for line in data.joinpath("tzdata.zi").read_text().splitlines():
        if line.startswith("Z "):
            found[line.split()[1]] = line.split()[1]
        elif line.startswith("L "):
            _, target, name = line.split()
            found[name] = name if name in places else target
    found = {name: UTC_NAME if of == "Etc/UTC" else of for name, of in found.items()}
    found.pop(NO_ZONE)
    return MappingProxyType(found)


def current_name(name: str) -> str:
    """Raises Invalid if the tz database has no zone of that name."""
    if name not in names():
        raise Invalid(
            f"time_zone {name!r} is not an IANA time zone: send one like 'Europe/Berlin'",
            field="/body/time_zone",
        )
    return names()[name]


@cache
def rules(name: str) -> ZoneInfo:
    """Raises Invalid if the tz database has no zone of that name."""
    current_name(name)
    with resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
