"""`python -m infra.local.rekognition --port N --gallery DIR`: answer until SIGTERM or SIGINT."""

import argparse
import errno
import logging
import signal
import sys
import threading
from pathlib import Path

from infra.local.rekognition.gallery import Gallery
from infra.local.rekognition.operations import Rekognition
from infra.local.rekognition.server import HOST, Server
from likeness_model.vision.sessions import WeightsError

logger = logging.getLogger("infra.local.rekognition")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local.rekognition", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gallery", type=Path, help="folder of celebrity portraits")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    rekognition = Rekognition(Gallery(options.gallery))
    try:
        server = Server(options.port, rekognition)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"port {options.port} on {HOST} is taken: choose another --port", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=_warm_up, args=(server, rekognition), daemon=True).start()
    with server:
        logger.info("listening on %s:%d", *server.server_address[:2])
        server.serve_forever(poll_interval=0.1)
    return 0


def _warm_up(server: Server, rekognition: Rekognition) -> None:
    """Load the models while nobody waits: the first question would, for a second."""
    try:
        portraits = rekognition.load()
    except WeightsError:
        logger.exception("a model cannot be loaded: every question will fail")
        return
    logger.info("models loaded, %d celebrity portraits", portraits)
    server.ready = True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
