"""The worker processes that analyse photos and draw: the painter's models run only here."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess

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


def choose_method(*, threads: bool) -> str:
    """How worker processes start in a program with other threads or without (decision 111).

    A fork shares the imported libraries. It also copies each lock that another thread holds, that
    of the standard output for example, and no thread of the fork ever releases it: beside threads,
    a process that has none forks. Not on Linux: beside system frameworks a fork is unsafe.
    """
    if sys.platform != "linux":
        return "spawn"
    return "forkserver" if threads else "fork"


@contextmanager
def start_workers(count: int, method: str) -> Iterator[Workers]:
    """Processes, not threads: several styles hold the interpreter's lock, and a process can be
    killed in the middle of a brush stroke. All of them are ended when the context exits."""
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload([__name__])
    # Also before the fork: OpenCV's threads are not forked, and a child that resizes their pool
    # would wait for them forever.
    cv2.setNumThreads(1)
    with ExitStack() as stack:
        stack.callback(end_workers)

        def group(size: int) -> Group:
            pool = ProcessPoolExecutor(size, context, initializer=_start_worker)
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            return Group(pool, size)

        cutting = group(max(1, count // 2))
        workers = Workers(cutting, group(count - cutting.size) if count > 1 else cutting)
        yield workers
        for each in workers.groups:
            each.pool.shutdown()


def warm_up(method: str) -> None:
    """Import the libraries of the workers before the first job; a fork server keeps them."""
    with start_workers(1, method) as workers:
        workers.drawing.pool.submit(os.getpid).result()


def end_workers() -> None:
    for child in multiprocessing.active_children():
        child.kill()


def _start_worker() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    _map_large_blocks()
    if cv2.getNumThreads() != 1:  # no fork of a process that has set it
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


def _end_with_parent() -> None:
    """Exit when the parent is killed: a fork by the kernel, because in it, a thread can hang
    forever; another process by a thread."""
    parent = multiprocessing.parent_process()
    assert parent  # noqa: S101 - a worker has one
    if multiprocessing.get_start_method() == "fork":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent.pid:  # it exited before prctl was called
            os._exit(1)
    else:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: BaseProcess) -> None:
    parent.join()
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
