"""The container's program: `python -m likeness_model`, SageMaker's training contract."""

import logging
import os
import signal
import sys

from likeness.contracts import RESULT_FILE
from likeness_model.errors import INTERNAL, TERMINATED, JobError
from likeness_model.folders import Folders, put, read_order, read_photos, tell_failure
from likeness_model.job import run_job
from likeness_model.workers import available_cores, end_workers

log = logging.getLogger("likeness_model")

WORKERS = "LIKENESS_WORKERS"


def main() -> int:
    """Exit codes: see errors.py."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    folders = Folders.here()
    signal.signal(signal.SIGTERM, lambda _number, _frame: _stop(folders))
    try:
        folders.failure.unlink(missing_ok=True)
        order = read_order(folders.order)
        log.info("job %s round %d: %d avatars", order.job_id, order.round, len(order.avatars))
        photos = read_photos(folders.photos, order.photos)
        result = run_job(order, photos, folders.checkpoints, workers=_workers())
        put(folders.model / RESULT_FILE, result.model_dump_json().encode())
    except JobError as error:
        log.error("%s: %s", type(error).__name__, error)  # noqa: TRY400 - expected: no traceback
        tell_failure(folders.failure, type(error).__name__, str(error))
        return error.exit_code
    except Exception as error:
        log.exception("internal error")
        tell_failure(folders.failure, type(error).__name__, str(error))
        return INTERNAL
    return 0


def _workers() -> int:
    """One a core, at most four: each takes the memory of a large picture's layers."""
    asked = os.environ.get(WORKERS)
    return max(1, int(asked)) if asked else min(4, available_cores())


def _stop(folders: Folders) -> None:
    """Told to stop: end here, not by an exception. One could be lost in code that catches
    everything (logging does), or leave a lock taken that the way out needs."""
    tell_failure(
        folders.failure, "Terminated", "told to stop before the order was done; avatars are kept"
    )
    end_workers()
    os._exit(TERMINATED)


def _leave(code: int) -> None:
    """End now. The interpreter's own way out waits for the pool's threads, and those for workers
    that were ended in the middle of a message: for ever."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
