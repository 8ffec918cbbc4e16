"""Check offline what AWS would refuse: `make preflight`.

    python -m infra.preflight [CHECK ...]        in .envs/sam, after `make package`

Prints each check, and each finding with what to do. The exit status is 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from infra.preflight import graph, limits, linters, machines, packages, routes
from infra.preflight.findings import exceptions, unexplained
from infra.preflight.stacks import ROOT, deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from infra.preflight.findings import Finding

BUILT = ROOT / ".aws-sam" / "build"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.preflight", description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="these only; default: all")
    wanted = parser.parse_args().checks
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    tops = deployed()
    stacks = [stack for top in tops for stack in top.all()]
    with tempfile.TemporaryDirectory() as made, ThreadPoolExecutor() as pool:
        folder = Path(made)
        files = linters.write(stacks, folder)
        checks: dict[str, Callable[[], Iterable[Finding]]] = {
            "graph": lambda: graph.check(stacks),
            "limits": lambda: limits.check(stacks),
            "routes": lambda: routes.check(stacks),
            "policies": linters.published_actions,
            "machines": lambda: machines.check(stacks),
            "packages": lambda: packages.check(tops[0], BUILT),
            "cfn-lint": lambda: linters.cfn_lint(files, folder),
            "checkov": lambda: linters.checkov(files, folder),
        }
        if unknown := set(wanted) - set(checks):
            parser.error(f"there is no check {unknown.pop()}: choose from {', '.join(checks)}")
        runs = {name: pool.submit(_run, name, checks[name]) for name in wanted or checks}
        failed = [name for name, run in runs.items() if not _report(name, *run.result())]
    resources = sum(len(stack.resources) for stack in tops[0].all())
    sys.stdout.write(f"{len({stack.file for stack in stacks})} templates, ")
    sys.stdout.write(f"{resources} resources: ")
    sys.stdout.write(f"{', '.join(failed)} failed\n" if failed else "nothing that AWS refuses\n")
    return 1 if failed else 0


def _run(name: str, check: Callable[[], Iterable[Finding]]) -> tuple[list[Finding], float]:
    started = time.monotonic()
    return unexplained(check(), exceptions(name)), time.monotonic() - started


def _report(name: str, found: list[Finding], seconds: float) -> bool:
    sys.stdout.write(f"{'FAIL' if found else 'ok':4}  {name:10}{seconds:6.1f} s\n")
    for one in found:
        sys.stdout.write(f"      {one}\n")
    return not found


if __name__ == "__main__":
    sys.exit(main())
