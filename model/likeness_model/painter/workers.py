"""The worker processes that analyse photos and draw: the painter's models run only here."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import cv2

from likeness.contracts.container import DistanceGate
from likeness.domain.ids import PhotoId
from likeness.domain.photos.photo import Box
from likeness.domain.provenance.watermark import Watermarking
from likeness_model.generation.near_duplicates import fingerprint
from likeness_model.generation.picture import Draft, Picture
from likeness_model.painter.resemblance import (
    Chips,
    Reference,
    deviation_of,
    measure,
    shifts,
    take_chips,
)
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import Framing, Subject, cut_out, frame
from likeness_model.vision.images import decode, encode_png
from likeness_model.vision.person import find_person
from likeness_model.vision.pose import worth
from likeness_model.vision.sessions import unload, use_threads
from likeness_model.vision.watermark import write_watermark

PR_SET_PDEATHSIG = 1  # prctl
M_MMAP_THRESHOLD, MAPPED_FROM = -3, 4 << 20  # mallopt(3): bytes; one plane at 1024 px

_libc = ctypes.CDLL(None)


class UnreadablePhoto(Exception):
    """The file is not a picture that can be decoded."""


@dataclass(frozen=True)
class AnalysedPhoto:
    """What is known of a photo before its person is cut out. `worth` ranks photos, higher is
    better."""

    photo_id: PhotoId
    framing: Framing
    chips: Chips
    worth: float


def available_cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Group:
    """Worker processes."""

    pool: Executor
    size: int


@dataclass(frozen=True)
class Workers:
    """Half of the processes cut people out before they draw, the others draw from the start.

    Each of the two needs models of 70 MB, and a process has those of one at a time. A single worker
    is in both groups.
    """

    cutting: Group
    drawing: Group

    @property
    def groups(self) -> tuple[Group, ...]:
        return (self.cutting,) if self.cutting is self.drawing else (self.cutting, self.drawing)


@contextmanager
def start_workers(count: int) -> Iterator[Workers]:
    """Processes, not threads: several styles hold the interpreter's lock, and a process can be
    killed in the middle of a brush stroke. All of them are ended when the context exits."""
    # A fork shares the imported libraries; elsewhere forking beside system frameworks is unsafe.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    # Also before the fork: OpenCV's threads are not forked, and a child that resizes their pool
    # would wait for them forever.
    cv2.setNumThreads(1)
    parent = (os.getpid(),)
    with ExitStack() as stack:
        stack.callback(end_workers)

        def group(size: int) -> Group:
            pool = ProcessPoolExecutor(size, context, initializer=_start_worker, initargs=parent)
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            return Group(pool, size)

        cutting = group(max(1, count // 2))
        workers = Workers(cutting, group(count - cutting.size) if count > 1 else cutting)
        yield workers
        for each in workers.groups:
            each.pool.shutdown()


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
    """glibc retains freed blocks, 120 MB per worker after one photo. It returns large blocks if
    they are mapped on their own, and the others on request (`_trim`)."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)


def _trim() -> None:
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def _end_with(parent: int) -> None:
    """Exit when the parent is killed: on Linux by the kernel, elsewhere by polling in a thread. On
    Linux, a thread that is started right after a fork can hang forever."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it exited before prctl was called
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def analyse(photo_id: PhotoId, encoded: bytes, face: Box | None, size: int) -> AnalysedPhoto:
    """Raises UnreadablePhoto and NoUsableFace."""
    photo = decode(encoded)
    if photo is None:
        raise UnreadablePhoto(f"photo {photo_id} cannot be decoded")
    mesh = find_person(photo, face)
    analysed = AnalysedPhoto(
        photo_id=photo_id,
        framing=frame(photo, size, mesh),
        chips=take_chips(photo, mesh),
        worth=worth(mesh),
    )
    _trim()
    return analysed


def cut_out_person(encoded: bytes, framing: Framing) -> Subject:
    """Of a photo that was analysed."""
    photo = decode(encoded)
    if photo is None:
        raise UnreadablePhoto("a photo that was analysed cannot be decoded")
    subject = cut_out(photo, framing)
    _trim()
    return subject


def draw(
    draft: Draft,
    subject: Subject,
    references: Mapping[PhotoId, Reference],
    size: int,
    gate: DistanceGate,
) -> Picture:
    """Draw and measure; watermark only a picture that will not be redrawn, because the watermark
    takes as long as a fast style."""
    for model in ("selfie", "blazepose", "u2netp"):
        unload(model)
    scene = subject.scene(draft.variation, size)
    drawn, mesh = STYLES[draft.avatar.style](scene, draft.variation), scene.mesh
    del scene  # with all its masks
    _trim()
    seen = measure(drawn, mesh, references)
    deviates = deviation_of(seen, draft.avatar.style, draft.photo_id, references)
    passes = deviates is None and (seen.distance is None or seen.distance <= gate.redraw_above)
    print_, watermarking = fingerprint(drawn, draft.variation), Watermarking.NOT_ORDERED
    ordered = draft.avatar.watermark
    if ordered and passes:
        drawn, watermarking = write_watermark(drawn, ordered)
        _trim()
    return Picture(
        draft=draft,
        png=encode_png(drawn),
        distance=seen.distance,
        deviation=deviates,
        measures=shifts(seen, references[draft.photo_id]),
        fingerprint=print_,
        watermarking=watermarking,
    )
