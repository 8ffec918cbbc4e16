"""cfn-lint at its strictest and checkov, on the transformed templates with all values filled in.

With its values a name is checked against the length and pattern of the resource's own schema, and a
state machine against the Amazon States Language's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.preflight.findings import Finding
from infra.preflight.machines import substituted
from infra.preflight.stacks import REGION, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.preflight.stacks import Stack

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
CHECKOV = ROOT / ".envs" / "checkov" / "bin" / "checkov"
DEV = ROOT / ".envs" / "dev" / "bin" / "python"
DOCKERFILE = ROOT / "model" / "Dockerfile"
KEPT = ("Type", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "Metadata")


def write(stacks: Sequence[Stack], folder: Path) -> list[Path]:
    """Write each template with its values, once; returns the files."""
    files: dict[str, Path] = {}
    for number, stack in enumerate(stacks):
        body = json.dumps(filled(stack), indent=1)
        if body not in files:
            files[body] = folder / str(number) / Path(stack.file).with_suffix(".json")
            files[body].parent.mkdir(parents=True)
            files[body].write_text(body)
    return list(files.values())


def filled(stack: Stack) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for name, one in stack.resources.items():
        properties = stack.properties(name)
        if name in stack.machines:
            properties.pop("DefinitionS3Location", None)
            given = properties.pop("DefinitionSubstitutions", {})
            properties["Definition"] = substituted(stack.machines[name].read_text(), given)
        if name in stack.nested:
            properties["TemplateURL"] = f"https://s3.{REGION}.amazonaws.com/artifacts/template"
        kept = {key: value for key, value in one.items() if key in KEPT}
        resources[name] = {**kept, "Properties": properties}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def cfn_lint(files: Sequence[Path], folder: Path) -> Iterator[Finding]:
    """Every rule, those for information and the experimental ones too."""
    command = [
        *(str(CFN_LINT), "--format", "json", "--regions", REGION),
        *("--include-checks", "I", "--include-experimental", "--", *map(str, files)),
    ]
    for one in _json(command, right={0, 2, 4, 6, 8, 10, 12, 14}):
        path = [str(part) for part in one["Location"]["Path"] or ()]
        where = f"{_file(one['Filename'], folder)} {'.'.join(path[1:])}".strip()
        yield Finding(where, one["Message"].splitlines()[0], one["Rule"]["Id"])


def checkov(files: Sequence[Path], folder: Path) -> Iterator[Finding]:
    """The templates, and the container's Dockerfile."""
    shutil.copy(DOCKERFILE, folder)
    if not CHECKOV.exists():
        raise SystemExit("checkov is not installed: run requirements/install.sh checkov")
    command = [
        *(str(CHECKOV), "--directory", str(folder), "--output", "json", "--compact", "--quiet"),
        *("--framework", "cloudformation", "dockerfile", "--skip-download"),
    ]
    reports = _json(command, right={0, 1})
    for report in reports if isinstance(reports, list) else [reports]:
        for one in report["results"]["failed_checks"]:
            file = _file(one["file_abs_path"], folder)
            resource = one["resource"].rpartition(".")[2] if file.endswith(".yaml") else ""
            yield Finding(f"{file} {resource}".strip(), one["check_name"], one["check_id"])


def published_actions() -> Iterator[Finding]:
    """Actions, condition keys and resources of policies that AWS's published list does not have."""
    done = _run([str(DEV), "-m", "tests.infra.published_actions"])
    if done.returncode and not done.stderr.startswith("Traceback"):
        for line in done.stderr.splitlines():
            where, _, what = line.partition(": ")
            yield Finding(where, what)
    elif done.returncode:
        raise SystemExit(done.stderr)


def _file(name: str, folder: Path) -> str:
    path = Path(name).resolve().relative_to(folder.resolve())
    if path.name == DOCKERFILE.name:
        return DOCKERFILE.relative_to(ROOT).as_posix()
    return Path(*path.parts[1:]).with_suffix(".yaml").as_posix()


def _json(command: list[str], right: set[int]) -> Any:
    done = _run(command)
    if done.returncode not in right:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout or "[]")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program of this project's environments
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
