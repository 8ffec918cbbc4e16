"""The laptop cloud from a shell: python -m laptop_cloud up | deploy | status | env | down."""

from __future__ import annotations

import argparse
import sys

from laptop_cloud import cloud
from laptop_cloud.places import HOST, PORT, CannotRun, Places
from laptop_cloud.state import load


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m laptop_cloud", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up", help="start the cloud and deploy to it")
    starting.add_argument("--port", type=int, default=PORT)
    commands.add_parser("deploy", help="deploy again what changed")
    commands.add_parser("status", help="tell what runs")
    commands.add_parser("env", help="print addresses and fresh credentials as shell variables")
    commands.add_parser("down", help="end it and leave nothing behind")
    asked = parser.parse_args()
    try:
        if asked.command == "up":
            introduce(cloud.up(port=asked.port, say=say))
        elif asked.command == "deploy":
            cloud.deploy(say=say)
        elif asked.command == "env":
            sys.stdout.write(cloud.write_env(cloud.running()))
        elif asked.command == "status":
            status()
        else:
            cloud.down(say=say)
    except CannotRun as error:
        sys.exit(str(error))


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def introduce(running: cloud.Cloud) -> None:
    """Print where the three kinds of user find the cloud, and what they sign in with."""
    text = cloud.write_env(running)
    sys.stdout.write(f"{text}\n# The same lines are in {running.where.env}.\n")


def status() -> None:
    found = load(Places())
    if found is None:
        sys.exit("No cloud runs.")
    for process in found.processes:
        state = "runs" if process.runs() else "has ended"
        sys.stdout.write(f"{process.name} {state} (process {process.pid})\n")
    sys.stdout.write(f"http://{HOST}:{found.port}\n")
    sys.stdout.write("deployed\n" if found.fingerprint else "nothing deployed\n")
    if not found.runs():
        sys.exit(1)


if __name__ == "__main__":
    main()
