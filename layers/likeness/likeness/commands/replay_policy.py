"""List the outcomes that another policy would change. Works on stored verdicts, without photos.

python -m likeness.commands.replay_policy --policy changed.yaml --table likeness-prod
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from likeness.adapters.policy_files import read_policy
from likeness.adapters.review.verdicts_table import VerdictsTable
from likeness.commands.table import add_table, table
from likeness.services.review.replay_policy import Replay, replay_policy


def main() -> None:
    parser = argparse.ArgumentParser(prog="replay_policy", description=__doc__)
    parser.add_argument(
        "--policy", type=Path, required=True, help="a changed copy of community_guidelines.yaml"
    )
    add_table(parser)
    arguments = parser.parse_args()
    try:
        policy = read_policy(arguments.policy.read_bytes())
    except (OSError, ValueError) as wrong:
        sys.exit(f"{arguments.policy} is not a valid policy: {wrong}")
    replay = replay_policy(policy, verdicts=VerdictsTable(table(arguments.table)))
    sys.stdout.write("\n".join(report_lines(replay)) + "\n")


def report_lines(replay: Replay) -> list[str]:
    """Returns a line for each picture, then the totals."""
    lines = [
        f"{one.job_id} {one.picture} {one.was} -> {one.now} "
        + " ".join(reason or "(no rule)" for reason in one.reasons)
        for one in replay.changes
    ]
    lines.append(f"{replay.verdicts} verdicts, {len(replay.changes)} would change")
    lines += [f"jobs {move}: {count}" for move, count in sorted(replay.jobs.items())]
    if replay.unsure:
        lines.append(
            f"{replay.unsure} verdicts may be too lenient: the policy has thresholds below the "
            "confidence that the detector was asked for"
        )
    return lines


if __name__ == "__main__":
    main()
