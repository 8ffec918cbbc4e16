"""The laptop cloud with the app in front of it: make app."""

from __future__ import annotations

import argparse
import secrets
import sys
from contextlib import closing, suppress
from dataclasses import replace

from examples.app.backend import Settings, create_app
from examples.app.server import Server
from examples.app.store import Store
from infra.laptop.client import app_client
from infra.laptop.project import STAGE, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import PORT, CannotRun, port_number

PATIENCE = 5  # s: a page repeats a call too


def main() -> None:
    parser = argparse.ArgumentParser(prog="make app", description=__doc__)
    parser.add_argument("--port", default="3000", help="of the app")
    parser.add_argument("--cloud-port", default=str(PORT))
    given = parser.parse_args()
    try:
        port = port_number(given.port)
        if not processes.is_free(port):
            raise CannotRun(f"Port {port} is in use: make app APP_PORT={port + 1}")
        address = f"http://localhost:{port}"
        project = replace(likeness(web_origin=address), start_command="make app")
        with suppress(KeyboardInterrupt):
            serve(cloud.up(project, port=port_number(given.cloud_port), say=say), address, port)
        cloud.down(project, say=say)
    except CannotRun as error:
        sys.exit(str(error))


def serve(running: cloud.Cloud, address: str, port: int) -> None:
    """Serve until Ctrl-C. Users live in memory: they end with their cloud."""
    client = app_client(running, patience_s=PATIENCE)
    webhook = client.create_webhook({"url": f"http://127.0.0.1:{port}/webhook"})
    settings = Settings(
        api_url=running.api_url,
        issuer=f"likeness/{STAGE}",
        session_secret=secrets.token_urlsafe(),
        webhook_secret=webhook["secret"] or "",  # lost with its response: the page polls
        media=(running.endpoint,),
        https=False,
    )
    with closing(Store(":memory:")) as store:
        say(f"Marigold is at {address} until you press Ctrl-C.")
        Server(create_app(client, store, settings), port).run()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
