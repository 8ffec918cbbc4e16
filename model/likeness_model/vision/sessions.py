"""Model files, verified by SHA-256 before they are loaded, and their cached sessions."""

import hashlib
import threading
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

WEIGHTS = Path(__file__).with_name("weights")

_lock = threading.Lock()
_sessions: dict[str, ort.InferenceSession] = {}
_threads = 2


class WeightsError(Exception):
    """A model file is missing or damaged."""


@dataclass(frozen=True)
class Weights:
    """One row of weights.toml."""

    file: str
    sha256: str
    what: str
    source: str
    version: str
    licence: str


@cache
def catalogue() -> dict[str, Weights]:
    rows = tomllib.loads((WEIGHTS / "weights.toml").read_text(encoding="utf-8"))
    return {name: Weights(file=f"{name}.onnx", **row) for name, row in rows.items()}


def verified_bytes(name: str, folder: Path = WEIGHTS) -> bytes:
    """The model file's content. Raises WeightsError, which names the file to restore."""
    weights = catalogue()[name]
    path = folder / weights.file
    try:
        content = path.read_bytes()
    except FileNotFoundError as missing:
        raise WeightsError(f"model file {weights.file} is missing: restore it") from missing
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        raise WeightsError(
            f"model file {weights.file} does not match the SHA-256 in weights.toml: restore it"
        )
    return content


def use_threads(count: int) -> None:
    """Set the threads of each session. Use 1 with several worker processes."""
    global _threads  # noqa: PLW0603 - a process-wide setting
    with _lock:
        _threads = count
        _sessions.clear()


def threads() -> int:
    """Of each session, also of one that a package opens."""
    return _threads


def unload(name: str) -> None:
    """Free the memory of a model that is not needed soon."""
    with _lock:
        _sessions.pop(name, None)


def run(
    name: str, batch: NDArray[np.float32], **more: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Every output of a model for its first input and, by name, `more` inputs.

    Thread-safe.
    """
    session = _session(name)
    return list(session.run(None, {session.get_inputs()[0].name: batch, **more}))


def _session(name: str) -> ort.InferenceSession:
    with _lock:
        if name not in _sessions:
            _sessions[name] = open_session(verified_bytes(name))
        return _sessions[name]


def open_session(model: bytes) -> ort.InferenceSession:
    """On the CPU. The caller has verified the model."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = _threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without both, memory is allocated on demand and freed: a run of u2netp at 320 px takes 120 MB
    # instead of 260, and none of it stays allocated.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
