"""`python -m laptop_cloud.rekognition --port N --vision MODULE`: serve until SIGTERM or SIGINT."""

import argparse
import errno
import logging
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

from laptop_cloud.rekognition.gallery import CelebrityGallery
from laptop_cloud.rekognition.operations import Rekognition
from laptop_cloud.rekognition.server import HOST, Server

logger = logging.getLogger("laptop_cloud.rekognition")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m laptop_cloud.rekognition", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--vision", required=True, help="module with the project's models")
    parser.add_argument("--gallery", type=Path, help="folder of celebrity portraits")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    vision: Any = import_module(options.vision)
    rekognition = Rekognition(vision, CelebrityGallery(vision, options.gallery))
    try:
        server = Server(options.port, rekognition)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(
            f"Another program uses port {options.port} on {HOST}: choose another --port.",
            file=sys.stderr,
        )
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=_warm_up, args=(server, rekognition), daemon=True).start()
    with server:
        logger.info("listening on %s:%d", *server.server_address[:2])
        server.serve_forever(poll_interval=0.1)
    return 0


def _warm_up(server: Server, rekognition: Rekognition) -> None:
    """Load the models before the first request, which would otherwise take a second longer."""
    try:
        portraits = rekognition.load()
    except Exception:
        logger.exception("a model cannot be loaded: every request will fail")
        return
    logger.info("models loaded, %d celebrity portraits", portraits)
    server.ready = True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
