"""Whose outcome would change under another policy? No photo is needed for that.

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
    parser = argparse.ArgumentParser(prog="policy replay", description=__doc__)
    parser.add_argument(
        "--policy", type=Path, required=True, help="a changed copy of community_guidelines.yaml"
    )
    add_table(parser)
    asked = parser.parse_args()
    try:
        policy = read_policy(asked.policy.read_bytes())
    except (OSError, ValueError) as wrong:
        sys.exit(f"{asked.policy} is no policy: {wrong}")
    replay = replay_policy(policy, verdicts=VerdictsTable(table(asked.table)))
    sys.stdout.write("\n".join(told(replay)) + "\n")


def told(replay: Replay) -> list[str]:
    """A line for each picture, then the sums."""
    lines = [
        f"{one.job_id} {one.picture} {one.was} -> {one.now} "
        + " ".join(reason or "(no rule)" for reason in one.reasons)
        for one in replay.changes
    ]
    lines.append(f"{replay.verdicts} verdicts, {len(replay.changes)} would change")
    lines += [f"jobs {move}: {count}" for move, count in sorted(replay.jobs.items())]
    if replay.unsure:
        lines.append(
            f"{replay.unsure} verdicts may be milder here than they would be: the policy reads "
            "labels at a lower confidence than was asked for then"
        )
    return lines


if __name__ == "__main__":
    main()
