"""List the outcomes that another policy would change. Works on stored verdicts, without photos.

A job's photos are moderated again as a set.

python -m likeness.commands.replay_policy --policy changed.yaml --table likeness-prod
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from likeness.adapters.policy_files import read_policy
from likeness.adapters.review.verdicts_table import VerdictsTable
from likeness.commands.table import add_table, table
from likeness.domain.verdict import Outcome
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
    lines += [f"jobs {move}: {count}" for move, count in sorted(replay.moves.items())]
    before, after, jobs = replay.before, replay.after, max(1, sum(replay.before.jobs.values()))
    for what, outcome in (("to a moderator", Outcome.DOUBTFUL), ("refused", Outcome.REFUSED)):
        was, now = before.jobs.get(outcome, 0), after.jobs.get(outcome, 0)
        lines.append(f"jobs {what}: {was} -> {now} ({was / jobs:.1%} -> {now / jobs:.1%})")
    lines.append(f"photos left out: {before.left_out} -> {after.left_out}")
    if replay.lenient:
        lines.append(
            f"{replay.lenient} verdicts may be too lenient: the policy has thresholds below the "
            "confidence that the detector was asked for"
        )
    if replay.strict:
        lines.append(
            f"{replay.strict} verdicts may be too strict: the policy's same_person.accept is above "
            "the one that chose which pairs were compared"
        )
    return lines


if __name__ == "__main__":
    main()
