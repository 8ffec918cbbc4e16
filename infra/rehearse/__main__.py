"""The first deployment of a stack: checks, deployment, one job, deletion, cost.

python -m infra.rehearse --stack likeness-dev

Every step can be repeated: what is done is found done, and nothing is deleted. A step that fails
says what to do. Exit code 1 means that a step failed, 2 that an option is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from demo.progress import say
from infra.laptop.project import STACK, likeness
from infra.rehearse import account, cost, definitions, job, stack
from infra.rehearse.places import Account, Laptop
from infra.rehearse.results import CheckResult, Failed, Level, see
from laptop_cloud.places import PORT, CannotRun, port_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from infra.rehearse.places import Place

MOST_AVATARS = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    image: str = ""
    parameters: str = ""
    checks_only: bool = False
    ask: bool = True
    count: int = MOST_AVATARS
    out: Path = Path("out")


@dataclass
class Report:
    """What happened, without credentials, presigned URLs or values of parameters."""

    stack: str
    region: str
    began_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    steps: dict[str, float] = field(default_factory=dict)  # seconds
    checks: list[CheckResult] = field(default_factory=list)
    job_id: str = ""
    job_states: dict[str, float] = field(default_factory=dict)  # seconds
    machine_steps: dict[str, float] = field(default_factory=dict)  # seconds
    cost: list[cost.Line] = field(default_factory=list)
    cost_total: str = ""
    failed: str = ""

    def write(self, out: Path) -> Path:
        out.mkdir(parents=True, exist_ok=True)
        file = out / f"rehearsal-{self.stack}.json"
        file.write_text(json.dumps(asdict(self), indent=2) + "\n")
        return file


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make rehearse", description=__doc__)
    parser.add_argument("--stack", required=True, help=f"of samconfig.toml, or {STACK}")
    parser.add_argument("--image", default="", help="with its digest; default: the stack's")
    parser.add_argument("--parameters", default="", help='"Name=value ..."')
    parser.add_argument("--only", choices=["checks"], help="change nothing")
    parser.add_argument("--yes", action="store_true", help="deploy without a confirmation")
    parser.add_argument("--count", type=int, default=MOST_AVATARS, help="avatars, at most 30")
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--port", default=str(PORT), help=f"of {STACK}")
    given = parser.parse_args(arguments)
    if not 1 <= given.count <= MOST_AVATARS:
        parser.error(f"--count must be a number from 1 to {MOST_AVATARS}")
    wanted = Wanted(
        image=given.image,
        parameters=given.parameters,
        checks_only=given.only == "checks",
        ask=not given.yes,
        count=given.count,
        out=given.out,
    )
    try:
        place: Place
        if given.stack == STACK:
            place = Laptop(likeness(), port_number(given.port), say)
        else:
            place = Account.of(given.stack)
    except (Failed, CannotRun, BotoCoreError) as error:
        say(_with_todo(error))
        sys.exit(2)
    sys.exit(1 if rehearse(place, wanted).failed else 0)


def rehearse(place: Place, wanted: Wanted) -> Report:
    """Run the steps until one fails. The report is written in any case."""
    report = Report(place.stack, place.region)
    try:
        _steps(place, wanted, report)
    except (Failed, ClientError, BotoCoreError, HTTPError) as error:
        report.failed = _with_todo(error)
    finally:
        file = report.write(wanted.out)
    if report.failed:
        say(f"\nFailed: {report.failed}")
    say(f"The report is in {file}.")
    return report


def _with_todo(error: Exception) -> str:
    todo = error.todo if isinstance(error, Failed) else ""
    return f"{error}. To do: {todo}" if todo else str(error)


def _steps(place: Place, wanted: Wanted, report: Report) -> None:
    with _step("checks of the account", report) as found:
        before = stack.describe(place.clients, place.stack)
        chosen = definitions.parameters(before.parameters, wanted.parameters)
        image = place.image(wanted.image, before.outputs)
        found(_account(place, before, chosen, image))
        if wanted.checks_only and before.deployed:
            found(_stack(place, before))
    if wanted.checks_only:
        return
    with _step("deployment", report):
        place.deploy(image, wanted.parameters, ask=wanted.ask)
    with _step("checks of the stack", report) as found:
        after = stack.describe(place.clients, place.stack)
        found([stack.state(after)])
        if not after.deployed:
            raise Failed(f"{place.stack} is not deployed", "confirm the change set")
        found(_stack(place, after))
    outputs = after.outputs
    with _step("job", report):
        backend = place.app_backend(outputs)
        done = job.run_job(backend, wanted.out, wanted.count, place.advice(outputs))
        report.job_id, report.job_states = done["job_id"], job.state_seconds(done)
        say(_table(report.job_states))
    with _step("deletion", report) as found:
        issuer = f"likeness/{place.stack.removeprefix('likeness-')}"
        found(job.deletion(place.clients, backend, outputs, report.job_id, issuer))
    with _step("times and cost", report):
        machine = outputs["StateMachine"]
        report.machine_steps, transitions = job.step_seconds(place.clients, machine, report.job_id)
        say(_table(report.machine_steps))
        report.cost = cost.count(
            place.clients,
            stack=place.stack,
            region=place.region,
            job=done,
            transitions=transitions,
        )
        report.cost_total = cost.total(report.cost)
        for line in report.cost:
            price = "no price" if line.usd is None else f"${line.usd:.4f}"
            say(f"  {line.service:28} {line.count:10g} {line.unit:26} {price:>10}")
        say(f"  {len(done['avatars'])} avatars cost {report.cost_total}.")


def _account(
    place: Place, before: stack.Stack, chosen: dict[str, str], image: str
) -> Iterator[CheckResult]:
    clients, region = place.clients, place.region
    identity = clients("sts").get_caller_identity()
    yield CheckResult("account", Level.OK, f"{identity['Account']} in {region}")
    yield stack.state(before)
    yield from account.quotas(clients, region, chosen)
    yield from see("image", lambda: place.check_image(image))
    chosen = chosen | {"TrainingImage": image}
    stage = chosen.get("Stage", place.stack.removeprefix("likeness-"))
    yield from see("AI services opt-out policy", lambda: account.opt_out(clients, stage))
    yield from see(
        "state machines", lambda: account.machines(clients, identity["Account"], region, chosen)
    )


def _stack(place: Place, deployed: stack.Stack) -> Iterator[CheckResult]:
    for name, check in (
        ("certificate", stack.signing_certificate),
        ("alarms", stack.alarms),
        ("moderators", stack.moderators),
    ):
        yield from see(name, partial(check, place.clients, deployed))


@contextmanager
def _step(name: str, report: Report) -> Iterator[Callable[[Any], None]]:
    """A step with its time. What it found is printed; after a STOP the step fails."""
    say(f"\n== {name}")
    began = time.monotonic()
    stops: list[CheckResult] = []

    def found(results: Any) -> None:
        for one in results:
            report.checks.append(one)
            say(f"{one.level:>7}  {one.check}: {one.text}")
            if one.todo:
                say(f"         {one.todo}")
            if one.level is Level.STOP:
                stops.append(one)

    try:
        yield found
    finally:
        report.steps[name] = round(time.monotonic() - began, 1)
    if stops:
        raise Failed(f"{name}: {', '.join(one.check for one in stops)}", stops[0].todo)


def _table(seconds: dict[str, float]) -> str:
    return "\n".join(f"  {name:28} {value:10.1f} s" for name, value in seconds.items())


if __name__ == "__main__":
    main()
