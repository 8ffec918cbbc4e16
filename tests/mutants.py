"""Mutation testing of the domain and the use cases, by the fast unit tests: `make mutants`.

cosmic-ray makes one change at a time, in copies of this repository under build/mutants. A mutant
is killed if a test fails. Prints a line for each module, and the surviving mutants as diffs.

    python -m tests.mutants [--workers N] [PATH ...]     files or folders; without: all
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome

ROOT = Path(__file__).parents[1]
PACKAGE = Path("layers/likeness/likeness")
BUILD = ROOT / "build" / "mutants"
TOOLS = Path(sys.executable).parent
NOT_COPIED = shutil.ignore_patterns(".*", "build", "out", "__pycache__")
TIMEOUT_S = 900
# Slow tests of other layers.
SLOW = ("photos/test_pictures_[fh]*", "generation/test_png.py", "entrypoints/*")
# One or two changes for each place: more of a kind find the same missing tests. None for `*`: the
# tool takes the mark of keyword-only arguments for a product, and survivors of that mean nothing.
OPERATORS = "|".join(
    (
        "AddNot|ReplaceAndWithOr|ReplaceOrWithAnd|ReplaceTrueWithFalse|ReplaceFalseWithTrue",
        "ReplaceBreakWithContinue|ReplaceContinueWithBreak|ZeroIterationForLoop|ExceptionReplacer",
        "NumberReplacer|RemoveDecorator|ReplaceUnaryOperator_Delete_(Not|USub)",
        "ReplaceBinaryOperator_(Add_Sub|Sub_Add|Div_Mul|FloorDiv_Mul|Mod_Mul|BitAnd_BitOr)",
        "ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt)",
        "ReplaceComparisonOperator_(Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt)",
    )
)
CONFIG = """
[cosmic-ray]
module-path = "{module}"
timeout = {timeout}
excluded-modules = []
test-command = "{tests}"
distributor.name = "local"
filters.operators-filter.exclude-operators = ["(?!core/({operators})$)"]
"""


@dataclass(frozen=True)
class Result:
    killed: int
    survivors: tuple[str, ...]  # as diffs

    @property
    def mutants(self) -> int:
        return self.killed + len(self.survivors)


def modules(paths: list[str]) -> list[Path]:
    """The modules under these paths, relative to the root of the repository."""
    found: list[Path] = []
    for path in paths or [str(PACKAGE / "domain"), str(PACKAGE / "services")]:
        given = next((p for p in (ROOT / path, ROOT / PACKAGE / path) if p.exists()), None)
        if given is None:
            sys.exit(f"There is no {path}, neither here nor in {PACKAGE}.")
        files = sorted(given.rglob("*.py")) if given.is_dir() else [given]
        found += [file.relative_to(ROOT) for file in files if file.name != "__init__.py"]
    return found


def test_command(module: Path) -> list[str]:
    """The tests of the module's subject, and if they pass all the other unit tests."""
    pytest = f"{ROOT}/.envs/dev/bin/python -m pytest -x -q -p no:cacheprovider --no-header --tb=no"
    ignored = " ".join(f"--ignore-glob=*/{name}" for name in SLOW)
    subject = Path("tests/unit", module.parent.name)
    first = f"{pytest} {ignored} {subject} && " if (ROOT / subject).exists() else ""
    return ["bash", "-c", f"{first}{pytest} {ignored} tests/unit"]


def environment(tree: Path) -> dict[str, str]:
    sources = (tree, tree / "layers" / "likeness", tree / "model")
    return os.environ | {"PYTHONPATH": ":".join(map(str, sources))}


def mutate(module: Path, tree: Path) -> Result:
    """Every mutant of a module, in this copy of the repository."""
    name = ".".join(module.relative_to(PACKAGE).with_suffix("").parts)
    config, session = BUILD / f"{name}.toml", BUILD / f"{name}.sqlite"
    config.write_text(
        CONFIG.format(
            module=module,
            timeout=TIMEOUT_S,
            tests=shlex.join(test_command(module)),
            operators=OPERATORS,
        )
    )
    for tool, *arguments in (
        ("cosmic-ray", "init", config, session),
        ("cr-filter-operators", session, config),
        ("cr-filter-pragma", session),
        ("cosmic-ray", "exec", config, session),
    ):
        subprocess.run(
            [TOOLS / tool, *arguments],
            cwd=tree,
            env=environment(tree),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    with use_db(str(session)) as done:
        results = [
            result
            for _, result in done.completed_work_items
            if result.worker_outcome is not WorkerOutcome.SKIPPED
        ]
    return Result(
        sum(result.test_outcome is not TestOutcome.SURVIVED for result in results),
        tuple(str(r.diff) for r in results if r.test_outcome is TestOutcome.SURVIVED),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="*", help="files or folders, also relative to the package")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    wanted = modules(asked.paths)
    shutil.rmtree(BUILD, ignore_errors=True)
    trees: SimpleQueue[Path] = SimpleQueue()
    for n in range(min(asked.workers, len(wanted))):
        tree = BUILD / f"tree-{n}"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED)
        trees.put(tree)
    tests = subprocess.run(test_command(wanted[0]), cwd=tree, env=environment(tree), check=False)
    if tests.returncode:
        sys.exit("The tests fail without any mutant: make them pass first.")

    def run(module: Path) -> Result:
        tree = trees.get()
        try:
            result = mutate(module, tree)
        finally:
            trees.put(tree)
        print(
            line(str(module.relative_to(PACKAGE)), result), *result.survivors, sep="\n", flush=True
        )
        return result

    print(f"{'module':<48}{'mutants':>8}{'killed':>8}", flush=True)
    with ThreadPoolExecutor(trees.qsize()) as pool:
        results = list(pool.map(run, wanted))
    survivors = tuple(one for result in results for one in result.survivors)
    print(line("all", Result(sum(result.killed for result in results), survivors)))


def line(name: str, result: Result) -> str:
    return f"{name:<48}{result.mutants:>8}{result.killed:>8}"


if __name__ == "__main__":
    main()
