"""Decode an upload in a child process with limits of time and memory.

The decoders are C code that reads bytes of a stranger. What makes one of them crash, hang or take
all memory ends the child, and is FILE.CORRUPT. A fork costs milliseconds, because the child shares
the imported decoders; it answers through a pipe, because Lambda has no shared memory (/dev/shm).
"""

import hashlib
import json
import os
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import NoReturn

from likeness.adapters.photos.pictures import decoder
from likeness.domain.photos.picture import LIMITS, Limits, NormalisedPhoto
from likeness.domain.reasons import Reason, Refused
from likeness.observability import logger


def normalise(data: bytes, *, limits: Limits = LIMITS) -> NormalisedPhoto:
    """Normalise an upload. Raises Refused, with a reason."""
    receiver, sender = os.pipe()
    with warnings.catch_warnings():
        # Forking with threads is safe here: the child runs decoders only, and no other thread of
        # this process uses them, so none of their locks can be held.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _decode_and_exit(sender, data, limits)
    os.close(sender)
    with os.fdopen(receiver, "rb") as results:
        head, _, jpeg = results.read(limits.max_bytes).partition(b"\n")
    _, status = os.waitpid(child, 0)
    if status != 0 or not head:
        logger.warning("a decoder ended", extra={"exit": os.waitstatus_to_exitcode(status)})
        raise Refused(Reason.FILE_CORRUPT)
    result = json.loads(head)
    if reason := result.pop("refused", None):
        raise Refused(Reason(reason))
    return NormalisedPhoto(jpeg=jpeg, sha256=hashlib.sha256(jpeg).hexdigest(), **result)


def _decode_and_exit(sender: int, data: bytes, limits: Limits) -> NoReturn:
    status = 1
    try:
        _limit(limits)
        jpeg = b""
        try:
            photo = decoder.normalise(data, limits=limits)
        except Refused as refused:
            result = {"refused": refused.reason}
        else:
            jpeg = photo.jpeg
            result = photo.model_dump(mode="json", include={"width", "height", "fingerprint"})
        with os.fdopen(sender, "wb") as results:
            results.write(json.dumps(result).encode() + b"\n" + jpeg)
        status = 0
    finally:
        os._exit(status)  # nothing of the parent runs: no handler, no flush


def _limit(limits: Limits) -> None:
    """The kernel ends the process at its limit of time, and refuses memory beyond the other."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.decode_within)
    ceilings = {resource.RLIMIT_CPU: limits.decode_seconds, resource.RLIMIT_CORE: 0}
    if sys.platform == "linux":  # macOS does not enforce a limit of memory
        pages = int(Path("/proc/self/statm").read_text().split()[5])  # writable: proc(5), data
        ceilings[resource.RLIMIT_DATA] = pages * resource.getpagesize() + limits.decode_bytes
    for limit, ceiling in ceilings.items():
        _, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY or ceiling < hard:  # otherwise it is stricter already
            resource.setrlimit(limit, (ceiling, ceiling))
