"""The processes that look and draw, and what they do: the only place where models run."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from likeness.contracts import LikenessGate, Measures
from likeness.domain.ids import PhotoId
from likeness.domain.mark import Marking
from likeness_model.painter.styles import style
from likeness_model.painter.subject import Subject, find_person, read_subject
from likeness_model.plan import Draft
from likeness_model.resemblance import measure_likeness
from likeness_model.twins import fingerprint
from likeness_model.vision.embed import aligned_chip, embed_chip
from likeness_model.vision.mark import write_mark
from likeness_model.vision.pose import worth
from likeness_model.vision.records import Floats, Image
from likeness_model.vision.sessions import forget, use_threads

PR_SET_PDEATHSIG = 1  # prctl
M_MMAP_THRESHOLD, MAPPED_FROM = -3, 8 << 20  # mallopt(3): bytes

_libc = ctypes.CDLL(None)


class UnreadablePhoto(Exception):
    """The file is not a picture that can be decoded."""


@dataclass(frozen=True)
class LookedAt:
    """What a photo gives to every avatar drawn from it. `worth` orders photos, best highest."""

    photo_id: PhotoId
    subject: Subject
    chip: Floats
    worth: float


@dataclass(frozen=True)
class Picture:
    """A drawn draft. `distance` is None where likeness is not measurable."""

    draft: Draft
    png: bytes
    distance: float | None
    fingerprint: Floats
    marking: Marking
    measures: Measures | None = None


def available_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def worker_pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes, not threads: several styles hold the interpreter's lock, and a process can be
    ended in the middle of a brush stroke. On the way out, for whatever reason, they are gone."""
    # A fork shares the imported libraries; elsewhere forking beside system frameworks is unsafe.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    # Before the fork, too: OpenCV's own threads do not come along, and a child that resizes their
    # pool then waits for them for ever.
    cv2.setNumThreads(1)
    pool = ProcessPoolExecutor(count, context, initializer=_start_worker, initargs=(os.getpid(),))
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        end_workers()


def end_workers() -> None:
    for child in multiprocessing.active_children():
        child.kill()


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(parent)
    _map_large_blocks()
    if cv2.getNumThreads() != 1:  # spawned
        cv2.setNumThreads(1)
    use_threads(1)


def _map_large_blocks() -> None:
    """glibc keeps freed blocks for later, 120 MB a worker after one photo; large ones it gives
    back when they are mapped on their own, the others when it is asked to (`_trim`)."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)


def _trim() -> None:
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def _end_with(parent: int) -> None:
    """A parent that was killed cannot end its workers. On Linux the kernel does it; elsewhere they
    look for themselves. A thread would do on Linux too, but starting one in a process that was
    just forked can hang for ever."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before the kernel was asked
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def look_at(photo_id: PhotoId, encoded: bytes, size: int) -> LookedAt:
    """Raises UnreadablePhoto and NoUsableFace."""
    decoded = None
    if encoded:
        decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise UnreadablePhoto(f"photo {photo_id} cannot be decoded")
    photo = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    mesh = find_person(photo)
    looked_at = LookedAt(
        photo_id=photo_id,
        subject=read_subject(photo, size, mesh),
        chip=aligned_chip(photo, mesh),
        worth=worth(mesh),
    )
    _trim()
    return looked_at


def embed_all(chips: Sequence[Floats]) -> list[Floats]:
    """The references that likeness is measured against. Apart from looking, because the network
    takes 45 MB and looking takes the most memory of all."""
    return [embed_chip(chip) for chip in chips]


def draw(
    draft: Draft, subject: Subject, references: Sequence[Floats], size: int, gate: LikenessGate
) -> Picture:
    """Draw, measure, and mark what will not be drawn again: marking costs as much as a mild style.

    The likeness and the fingerprint are those of the picture without its mark.
    """
    for looked_with in ("selfie", "u2netp"):
        forget(looked_with)
    scene = subject.scene(draft.look, size)
    drawn, mesh = style(draft.avatar.style)(scene, draft.look), scene.mesh
    del scene  # with all its masks
    _trim()
    distance = measure_likeness(drawn, mesh, references)
    print_, marking = fingerprint(drawn, draft.look), Marking.NOT_ORDERED
    mark = draft.avatar.mark
    if mark and (distance is None or distance <= gate.redraw_above):
        drawn, marking = write_mark(drawn, mark)
        _trim()
    return Picture(
        draft=draft,
        png=encode_png(drawn),
        distance=distance,
        fingerprint=print_,
        marking=marking,
    )


def encode_png(picture: Image) -> bytes:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".png", bgr)  # any other setting is slower, or twice as large
    if not done:
        raise RuntimeError("the PNG encoder refused a picture")
    return encoded.tobytes()
