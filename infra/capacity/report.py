"""The tables of docs/capacity.md, and what make capacity prints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from infra.capacity import calls as counted, model, prices
from infra.capacity.model import FULL, Load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LOADS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
GOAL, GOAL_USD = Load(1_000_000), 0.06
CHOICES = (
    ("flux2-klein-4b-ref", "ml.g6e.xlarge"),
    ("flux2-klein-4b-ref", "ml.p5.4xlarge"),
    ("flux2-klein-4b-lora", "ml.g6e.xlarge"),
    ("sdxl-lora", "ml.g6e.xlarge"),
    ("painter", "ml.c7i.xlarge"),
)


def one(load: Load) -> str:
    """A load in full: each limit, what to ask for, cells, and the cost of a job and a day."""
    calls = counted.read(load.backend)
    found = model.uses(load, calls)
    first = found[0]
    lines = [
        f"{load.jobs_per_day:,.0f} jobs a day, {load.per_second:.2f} a second at the peak "
        f"(x{load.peak:g}); {load.photos} photos, {load.avatars} avatars, {load.polls:g} polls, "
        f"{load.review:.0%} reviewed; {load.engine} on {load.instance}, {load.backend}",
        "",
        _table(
            ["limit", "load", "limit", "used", "ask for", "cells"],
            [
                [
                    use.limit.name,
                    f"{use.load:,.1f}",
                    f"{use.limit.value:,.0f}{_unit(use)}{_doubt(use.limit.source)}",
                    _share(use.share),
                    f"{use.ask:,.0f}" + (f" ({use.limit.ours})" if use.limit.ours else "")
                    if use.ask
                    else "",
                    str(use.cells(raised=False)),
                ]
                for use in found
            ],
        ),
        "",
        f"First to break: {first.limit.name}, at {_jobs(load.jobs_per_day * first.breaks_at)} jobs "
        "a day.",
        _cells(found),
        "",
        costs([load]),
    ]
    return "\n".join(lines)


def loads(every: Sequence[Load]) -> str:
    """A line for each load: what is above FULL, and the cost."""
    rows = []
    for load in every:
        calls = counted.read(load.backend)
        found = model.uses(load, calls)
        above = [use for use in found if use.ask]
        cost = model.cost(load, calls)
        rows.append(
            [
                f"{load.jobs_per_day:,.0f}",
                f"{load.per_second:,.2f}",
                f"{model.uses(load, calls)[0].limit.name} ({_share(found[0].share)})",
                str(len(above)),
                f"{model.cells(found, raised=False):,}",
                f"{model.cells(found, raised=True):,}",
                f"${cost.total:.4f}",
                f"${cost.total * load.jobs_per_day:,.0f}",
            ]
        )
    head = [
        "jobs a day",
        "a second at the peak",
        "used most",
        f"limits above {FULL:.0%}",
        "cells at the defaults",
        "cells after asking AWS",
        "a job",
        "a day",
    ]
    return _table(head, rows)


def limits(every: Sequence[Load]) -> str:
    """What each limit must be for each load, so that FULL of it is used."""
    columns = {load: {u.limit.name: u for u in _uses(load)} for load in every}
    rows = []
    for use in _uses(every[-1]):
        name, limit = use.limit.name, use.limit
        if not any(column[name].ask for column in columns.values()):
            continue
        asked = [f"{c[name].ask:,.0f}" if c[name].ask else "" for c in columns.values()]
        first = every[-1].jobs_per_day * use.breaks_at
        rows.append(
            [name, f"{limit.value:,.0f}{_unit(use)}{_doubt(limit.source)}", _jobs(first), *asked]
        )
    head = ["limit", "default", "reached at jobs a day", *(f"{x.jobs_per_day:,.0f}" for x in every)]
    return _table(head, rows)


def costs(every: Sequence[Load]) -> str:
    """Dollars of a job by service."""
    found = [model.cost(load, counted.read(load.backend)) for load in every]
    rows = [
        [name, *(f"${cost.usd[name]:.5f}" for cost in found)]
        for name in ("instances", "Rekognition", *model.OURS)
    ]
    rows += [
        ["**a job**", *(f"**${cost.total:.4f}**" for cost in found)],
        ["at most, with prices that were read", *(f"${cost.upper_usd:.4f}" for cost in found)],
        ["ours: all but the first two", *(f"{cost.ours / cost.total:.1%}" for cost in found)],
        [
            "a day",
            *(
                f"${cost.total * load.jobs_per_day:,.0f}"
                for load, cost in zip(every, found, strict=True)
            ),
        ],
    ]
    return _table(["", *(f"{load.jobs_per_day:,.0f} jobs a day" for load in every)], rows)


def goal() -> str:
    """How far the goal is met, with each engine's instances busy and idle."""
    rows = []
    for name, load in (
        ("instances that draw 70 % of the time", GOAL),
        ("instances that always draw", replace(GOAL, fleet_use=1.0)),
        ("the same, 15 avatars", replace(GOAL, fleet_use=1.0, avatars=15)),
        ("the same, avatars stored for 7 days", replace(GOAL, fleet_use=1.0, avatar_days=7)),
    ):
        cost = model.cost(load, counted.read(load.backend))
        rows.append(
            [
                name,
                f"${cost.total:.4f}",
                f"${cost.upper_usd:.4f}",
                f"{cost.ours / cost.total:.1%}",
                "yes" if cost.total <= GOAL_USD else "no",
            ]
        )
    return _table(["at a million jobs a day", "a job", "at most", "ours", "within 0.06"], rows)


def engines() -> str:
    """The instances of each engine at a million jobs a day."""
    rows = []
    for engine, instance in CHOICES:
        load = Load(1_000_000, engine=engine, instance=instance)
        cost = model.cost(load, counted.read(load.backend))
        about = prices.document()["engines"][engine]
        hour = prices.instance_hour(instance) or 0.0
        rows.append(
            [
                f"`{engine}`",
                instance,
                f"{load.busy_s:.1f} s",
                "measured" if "seconds" in about else "computed",
                f"${load.busy_s / 3600 * hour:.4f}",
                f"${cost.usd['instances']:.4f}",
                f"${cost.total:.4f}",
                f"{load.per_second * load.busy_s:,.0f}",
            ]
        )
    head = [
        "engine",
        "instance",
        "busy for a job",
        "",
        "instances, always busy",
        f"instances, busy {GOAL.fleet_use:.0%}",
        "a job in all",
        "instances at the peak",
    ]
    return _table(head, rows)


def per_job() -> str:
    """The counted calls of a job by service."""
    groups: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("invocations of functions", lambda call: call == counted.INVOKE),
        ("state transitions", lambda call: call == counted.TRANSITION),
        ("requests of the API", lambda call: call == counted.REQUEST),
        ("calls of DynamoDB", lambda call: call.startswith("dynamodb:")),
        ("images of Rekognition", lambda call: call.startswith("rekognition:")),
        ("signatures of KMS", lambda call: call == "kms:Sign"),
        ("HMACs of KMS", lambda call: call == "kms:GenerateMac"),
        ("calls of S3", lambda call: call.startswith("s3:")),
        ("events", lambda call: call == "events:PutEvents"),
        ("schedules", lambda call: call == "scheduler:CreateSchedule"),
    )
    units = ("job", "photo", "avatar", "poll", "review")
    rows = []
    calls = counted.read(GOAL.backend)
    of_job = calls.of(job=1, photo=GOAL.photos, avatar=GOAL.avatars)
    for name, wanted in groups:
        each = [
            sum(n for (_, call), n in calls.per[unit].calls.items() if wanted(call))
            for unit in units
        ]
        total = sum(n for (_, call), n in of_job.calls.items() if wanted(call))
        rows.append([name, *(f"{n:g}" if n else "" for n in each), f"{total:g}"])
    for name, kind in (("read units", "read"), ("write units", "write")):
        each = [sum(getattr(calls.per[unit], kind).values()) for unit in units]
        total = sum(getattr(of_job, kind).values())
        rows.append([name, *(f"{n:g}" if n else "" for n in each), f"{total:g}"])
    whole = f"a job of {GOAL.photos} photos and {GOAL.avatars} avatars"
    return _table(["", *units, whole], rows)


SECTIONS = {
    "goal": goal,
    "loads": lambda: loads([Load(n) for n in LOADS]),
    "limits": lambda: limits([Load(n) for n in LOADS]),
    "cost": lambda: costs([Load(n) for n in (1_000, 100_000, 1_000_000, 10_000_000)]),
    "engines": engines,
    "calls": per_job,
}


def fill(text: str) -> str:
    """The document with each section between its markers written again."""
    for name, section in SECTIONS.items():
        begin, end = f"<!-- {name}: make capacity WRITE=1 -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"docs/capacity.md has no section {name}")
        text = f"{before}{begin}\n\n{section()}\n\n{end}{after}"
    return text


def _uses(load: Load) -> list[model.Use]:
    return model.uses(load, counted.read(load.backend))


def _cells(found: list[model.Use]) -> str:
    defaults, asked = model.cells(found, raised=False), model.cells(found, raised=True)
    return (
        f"Cells (stacks in accounts of their own) with no limit above {FULL:.0%}: {defaults:,} at "
        f"the default limits, {asked:,} if AWS raises what it raises."
    )


def _unit(use: model.Use) -> str:
    return "/s" if use.limit.each_second else ""


def _doubt(source: str) -> str:
    return "?" if source == prices.NOT_READ else ""


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "<1%"  # noqa: PLR2004


def _jobs(n: float) -> str:
    if n == float("inf"):
        return "never"
    digits = max(0, len(str(int(n))) - 2)
    return f"{int(n // 10**digits * 10**digits):,}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
