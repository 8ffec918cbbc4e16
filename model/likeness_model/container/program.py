"""The commands of the container, as SageMaker calls it: `train` and `serve`."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from likeness_model.container.attempt import draw_attempt
from likeness_model.container.engines import load_engine
from likeness_model.container.folders import WEIGHTS, Folders, write_failure
from likeness_model.container.server import serve
from likeness_model.errors import INTERNAL, TERMINATED, USAGE, JobError
from likeness_model.painter.workers import available_cores, end_workers

log = logging.getLogger("likeness_model")

WORKERS = "LIKENESS_WORKERS"
ENGINE = "LIKENESS_ENGINE"  # the engine that the endpoint loads before its first job


def main(arguments: Sequence[str]) -> int:
    """Run a command, `train` by default; returns an exit code of errors.py."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    command = arguments[0] if arguments else "train"
    folders = Folders.from_environment()
    load = partial(load_engine, workers=_workers())
    with suppress(OSError):
        folders.failure.unlink()
    try:
        if command == "train":
            signal.signal(signal.SIGTERM, lambda _number, _frame: _stop(folders))
            draw_attempt(folders, load=load, resumable=True)
        elif command == "serve":
            os.environ.setdefault(WEIGHTS, str(folders.model))  # where SageMaker unpacks them
            engine = os.environ.get(ENGINE, "painter")
            return serve(load=partial(load, engine, threads=True))
        else:
            print(f"Unknown command {command}: use train or serve.", file=sys.stderr)
            return USAGE
    except JobError as error:
        log.error("%s: %s", type(error).__name__, error)  # noqa: TRY400 - expected: no traceback
        write_failure(folders.failure, type(error).__name__, str(error))
        return error.exit_code
    except Exception as error:
        log.exception("internal error")
        write_failure(folders.failure, type(error).__name__, str(error))
        return INTERNAL
    return 0


def leave(code: int) -> None:
    """Exit at once. The interpreter's own shutdown joins the pool's threads, which wait forever
    for a worker that was killed in the middle of a message."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def _workers() -> int:
    """One per core, at most four: each holds the layers of a large picture in memory."""
    configured = os.environ.get(WORKERS)
    return max(1, int(configured)) if configured else min(4, available_cores())


def _stop(folders: Folders) -> None:
    """Exit here, not by an exception: code that catches everything (logging does) could swallow
    it, and it could leave a lock taken that the shutdown needs."""
    write_failure(
        folders.failure, "Terminated", "stopped before the order was done; its avatars are stored"
    )
    end_workers()
    os._exit(TERMINATED)
