"""Show or change what operators switch while the product runs. Takes effect at once.

python -m likeness.commands.switch --table likeness-prod show
python -m likeness.commands.switch --table likeness-prod stop --why "..." [--submitted wait]
python -m likeness.commands.switch --table likeness-prod resume --why "..."
python -m likeness.commands.switch --table likeness-prod style comic off --why "..."
python -m likeness.commands.switch --table likeness-prod engine sdxl-lora off --why "..."
python -m likeness.commands.switch --table likeness-prod endpoint off --why "..."
python -m likeness.commands.switch --table likeness-prod avatars 12 --why "..."
python -m likeness.commands.switch --table likeness-prod brownout off --why "..."

Deletion and reviews always go on. docs/operations.md says what each switch does. The audit log has
who changed what, and why.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, get_args

import boto3
from pydantic import ValidationError

from likeness.adapters.clock import SystemClock
from likeness.adapters.jobs.operating_state_table import OperatingStateTable
from likeness.adapters.policy_files import load_styles
from likeness.commands.table import add_table, table
from likeness.domain.errors import LikenessError
from likeness.domain.generation.engine import Engine
from likeness.domain.jobs.job import MAX_AVATARS
from likeness.domain.jobs.operating_state import TRY_AGAIN_S, Stop, Submitted, Switches
from likeness.services.jobs.switch import switch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.ports.jobs import OperatingState


def main() -> None:
    parser = _parser()
    asked = parser.parse_args()
    state = OperatingStateTable(table(asked.table))
    try:
        if asked.command != "show":
            switch(
                lambda now: _changed(asked, now),
                by=asked.by or _caller(),
                why=asked.why,
                state=state,
                clock=SystemClock(),
            )
        sys.stdout.write(shown(state))
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        sys.exit(f"Not changed: {'; '.join(faults)}")
    except LikenessError as error:
        sys.exit(f"Not changed: {error}")


def _changed(asked: argparse.Namespace, now: Switches) -> dict[str, Any]:
    """The fields that the command changes."""
    match asked.command:
        case "stop":
            changed: dict[str, Any] = {"stop": _stop(asked)}
        case "resume":
            changed = {"stop": None}
        case "style":
            styles = set(now.styles_off) - {asked.style}
            changed = {
                "styles_off": tuple(sorted(styles | ({asked.style} if asked.off else set())))
            }
        case "engine":
            engines = {name: off for name, off in now.engines_off.items() if name != asked.engine}
            changed = {"engines_off": engines | ({asked.engine: _stop(asked)} if asked.off else {})}
        case "endpoint":
            changed = {"endpoint_off": asked.off}
        case "avatars":
            changed = {"avatars_at_most": None if asked.number == "all" else int(asked.number)}
        case _:
            changed = {"brownout": not asked.off}
    return changed


def _stop(asked: argparse.Namespace) -> Stop:
    return Stop(submitted=asked.submitted, retry_after_s=asked.retry_after)


def shown(state: OperatingState) -> str:
    """The state for a person to read."""
    switches, now = state.switches(), SystemClock().now()
    lines = [f"new jobs       {_stopped(switches.stop) if switches.stop else 'accepted'}"]
    lines += [
        f"engine         {name}: {_stopped(off)}" for name, off in switches.engines_off.items()
    ]
    lines += [f"style          {style}: off" for style in switches.styles_off]
    if switches.endpoint_off:
        lines.append("endpoint       off: orders go to training jobs")
    if switches.avatars_at_most:
        lines.append(f"avatars        at most {switches.avatars_at_most} for a new job")
    if not switches.brownout:
        lines.append("brownout       off: shortages limit no job")
    for short in state.shortages():
        if short.lasts(now):
            lines.append(
                f"short of       {short.of}: a job waited {short.waited_s // 60} min at "
                f"{short.seen_at:%H:%M} UTC"
            )
    if switches.last:
        last = switches.last
        lines.append(f"last change    {last.at:%Y-%m-%d %H:%M} UTC by {last.by}: {last.why}")
    return "\n".join(lines) + "\n"


def _stopped(stop: Stop) -> str:
    return f"refused, Retry-After {stop.retry_after_s} s; submitted jobs {stop.submitted}"


def _caller() -> str:
    """The ARN of the operator's credentials: of a role session it ends with the person's name."""
    return str(boto3.client("sts").get_caller_identity()["Arn"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switch", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_table(parser)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("show", help="what is switched off, and what jobs wait for")
    recorded = argparse.ArgumentParser(add_help=False)
    recorded.add_argument("--why", required=True, help="for the audit log: an incident, a ticket")
    recorded.add_argument("--by", help="who; default: the ARN of your credentials")
    stopping = argparse.ArgumentParser(add_help=False)
    stopping.add_argument(
        "--submitted",
        type=Submitted,
        choices=list(Submitted),
        default=Submitted.WAIT,
        help="what submitted jobs do: continue, wait (default), or end with the day returned",
    )
    stopping.add_argument(
        "--retry-after",
        type=int,
        default=TRY_AGAIN_S,
        metavar="SECONDS",
        help=f"that refused calls are told, 60 to 86400; default {TRY_AGAIN_S}",
    )
    commands.add_parser("stop", parents=[recorded, stopping], help="refuse new jobs")
    commands.add_parser("resume", parents=[recorded], help="end the stop")
    _on_off(commands, "style", sorted(load_styles()), recorded)
    _on_off(commands, "engine", get_args(Engine), recorded, stopping)
    _on_off(commands, "endpoint", None, recorded)
    _on_off(commands, "brownout", None, recorded)
    avatars = commands.add_parser("avatars", parents=[recorded], help="the most of a new job")
    avatars.add_argument("number", choices=[*map(str, range(1, MAX_AVATARS + 1)), "all"])
    return parser


def _on_off(
    commands: Any, name: str, choices: Sequence[str] | None, *parents: argparse.ArgumentParser
) -> None:
    parser = commands.add_parser(name, parents=parents, help=f"switch the {name} off or on")
    if choices:
        parser.add_argument(name, choices=choices)
    parser.add_argument("off", choices=["off", "on"], action=_Off)


class _Off(argparse.Action):
    def __call__(self, _: Any, asked: argparse.Namespace, value: Any, __: Any = None) -> None:
        setattr(asked, self.dest, value == "off")


if __name__ == "__main__":
    main()
