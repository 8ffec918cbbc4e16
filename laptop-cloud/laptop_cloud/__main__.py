"""The laptop cloud from a shell: python -m laptop_cloud --project MODULE:OBJECT up | down ..."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from laptop_cloud import cloud, project, state
from laptop_cloud.places import HOST, PORT, CannotRun, port_number

if TYPE_CHECKING:
    from laptop_cloud.project import Project


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m laptop_cloud", description=__doc__)
    parser.add_argument("--project", required=True, help="its description, as module:object")
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up", help="start the cloud and deploy to it")
    starting.add_argument("--port", default=str(PORT))
    starting.add_argument(
        "--quotas", default="", choices=["", "aws"], help="aws: throttle as in a new account"
    )
    commands.add_parser("deploy", help="deploy what changed")
    commands.add_parser("status", help="list the processes")
    commands.add_parser("env", help="print addresses and fresh credentials as shell variables")
    commands.add_parser("down", help="end the cloud and delete its files")
    given = parser.parse_args()
    try:
        sys.path.insert(0, "")  # the description may be in the current folder
        described = project.load(given.project)
        if given.command == "up":
            introduce(
                cloud.up(described, port=port_number(given.port), quotas=given.quotas, say=say)
            )
        elif given.command == "deploy":
            cloud.deploy(described, say=say)
        elif given.command == "env":
            sys.stdout.write(cloud.write_env(cloud.running(described)))
        elif given.command == "status":
            status(described)
        else:
            cloud.down(described, say=say)
    except CannotRun as error:
        sys.exit(str(error))


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def introduce(running: cloud.Cloud) -> None:
    """Print the addresses and credentials of each kind of user."""
    text = cloud.write_env(running)
    sys.stdout.write(f"{text}\n# The same lines are in {running.project.folders.env}.\n")


def status(described: Project) -> None:
    found = state.load(described.folders)
    if found is None:
        sys.exit("No cloud runs.")
    for process in found.processes:
        text = "runs" if process.runs() else "has ended"
        sys.stdout.write(f"{process.name} {text} (process {process.pid})\n")
    sys.stdout.write(f"http://{HOST}:{found.port}\n")
    sys.stdout.write("deployed\n" if found.fingerprint else "nothing is deployed\n")
    if not found.runs():
        sys.exit(1)


if __name__ == "__main__":
    main()
