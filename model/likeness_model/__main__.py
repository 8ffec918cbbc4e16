"""The container's program: `python -m likeness_model train` and `serve`, as SageMaker calls it."""

import logging
import os
import signal
import sys
from collections.abc import Sequence

from likeness_model.errors import INTERNAL, TERMINATED, USAGE, JobError
from likeness_model.folders import Folders, tell_failure
from likeness_model.weights import go_offline

go_offline()  # before anything below imports what it speaks to

from likeness_model.engines import load_engine  # noqa: E402
from likeness_model.round import draw_round  # noqa: E402
from likeness_model.serve import serve  # noqa: E402
from likeness_model.workers import available_cores, end_workers  # noqa: E402

log = logging.getLogger("likeness_model")

WORKERS = "LIKENESS_WORKERS"
WEIGHTS = "LIKENESS_WEIGHTS"
ENGINE = "LIKENESS_ENGINE"  # to load before the first job, where the endpoint is asked to serve


def main(arguments: Sequence[str]) -> int:
    """Exit codes: see errors.py. Without an argument it trains, as SageMaker's first contract."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    command = arguments[0] if arguments else "train"
    folders = Folders.here()
    folders.failure.unlink(missing_ok=True)
    try:
        if command == "train":
            signal.signal(signal.SIGTERM, lambda _number, _frame: _stop(folders))
            draw_round(folders, workers=_workers())
        elif command == "serve":
            os.environ.setdefault(WEIGHTS, str(folders.model))  # where SageMaker lays them
            engine = os.environ.get(ENGINE, "painter")
            return serve(workers=_workers(), load=lambda: load_engine(engine, workers=_workers()))
        else:
            print(f"There is no command {command}: it is train or serve.", file=sys.stderr)
            return USAGE
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
    _leave(main(sys.argv[1:]))
