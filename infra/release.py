"""The releases of the functions: the digest that names one, and the versions of old ones.

    python -m infra.release check --config-env dev                  whether there is such a stage
    python -m infra.release digest --config-env dev Stage=dev ...   before sam deploy
    python -m infra.release prune --config-env dev                  after it; make deploy runs all

SAM publishes a version of a function when the parameter Release changes. It must change with the
content of a layer and with the value of a parameter, neither of which is a property that SAM reads.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / ".aws-sam" / "build"
DIGITS = 16
PROTECTED = ("staging", "prod")  # no command deletes their stack by accident
# Nothing calls a version that no alias names, but an operator may set an alias back to one.
KEPT = timedelta(days=7)
KEPT_VERSIONS = 2  # the live one and the one before, however old


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("do", choices=["check", "digest", "prune"])
    parser.add_argument("--config-env", required=True, help="a table of samconfig.toml")
    parser.add_argument("parameters", nargs="*", help="Name=value, as sam deploy gets them")
    given = parser.parse_args()
    session, stack = place(given.config_env)
    if given.do == "check":
        return
    if given.do == "digest":
        undone = rolled_back(session.client("cloudformation"), stack)
        sys.stdout.write(f"{digest(BUILT, given.parameters, undone)}\n")
        return
    if given.config_env.startswith(PROTECTED):
        session.client("cloudformation").update_termination_protection(
            StackName=stack, EnableTerminationProtection=True
        )
    deleted = sum(1 for _ in prune(session.client("lambda"), f"{stack}-", datetime.now(UTC)))
    sys.stdout.write(f"{deleted} old versions of functions are deleted.\n")


def place(stage: str) -> tuple[boto3.Session, str]:
    """A session in the stage's region, and its stack; exits if samconfig.toml has no such stage."""
    known = tomllib.loads((ROOT / "samconfig.toml").read_text())
    stages = [name for name, table in known.items() if name != "version" and "deploy" in table]
    if stage not in stages:
        sys.exit(f"samconfig.toml has no stage '{stage}'. Choose one of: {', '.join(stages)}")
    deployed = known[stage]["deploy"]["parameters"]
    return boto3.Session(region_name=deployed["region"]), deployed["stack_name"]


def digest(built: Path, parameters: Sequence[str], undone: str = "") -> str:
    """Of every built file and every parameter. `undone` names an update that was rolled back."""
    total = hashlib.sha256("\n".join([*sorted(parameters), undone]).encode())
    for file in sorted(one for one in built.rglob("*") if one.is_file()):
        total.update(f"\n{file.relative_to(built)}\n".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:DIGITS]


def rolled_back(cloudformation: Any, stack: str) -> str:
    """The time of the stack's last update if it was rolled back, else nothing.

    The versions of such an update are retained. Lambda publishes no second version of the same
    code and configuration, and CloudFormation fails then, so the next release needs another digest.
    """
    try:
        [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:  # CloudFormation has no error of its own for an unknown name
        if "does not exist" in str(error):
            return ""
        raise
    return str(found.get("LastUpdatedTime", "")) if "ROLLBACK" in found["StackStatus"] else ""


def prune(functions: Any, prefix: str, now: datetime) -> Iterator[str]:
    """Delete versions that no alias names, except new ones; yields each ARN that is deleted.

    Code of all versions counts to the 75 GB of a region ("Lambda quotas").
    """
    names = [
        one["FunctionName"]
        for page in functions.get_paginator("list_functions").paginate()
        for one in page["Functions"]
        if one["FunctionName"].startswith(prefix)
    ]
    for name in names:
        pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        versions = [one for page in pages for one in page["Versions"] if one["Version"].isdigit()]
        versions.sort(key=lambda one: int(one["Version"]))
        aliases = functions.list_aliases(FunctionName=name)["Aliases"]
        named = {version for alias in aliases for version in routes(alias)}
        for one in versions[:-KEPT_VERSIONS]:
            age = now - datetime.fromisoformat(one["LastModified"])
            if one["Version"] not in named and age > KEPT:
                functions.delete_function(FunctionName=name, Qualifier=one["Version"])
                yield one["FunctionArn"]


def routes(alias: Any) -> set[str]:
    """The versions that an alias routes to."""
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return {alias["FunctionVersion"], *weights}


if __name__ == "__main__":
    main()
