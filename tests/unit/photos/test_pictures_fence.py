"""A decoder that crashes, hangs or takes all memory ends a child process, and refuses the file."""

import ctypes
import faulthandler
import gc
import os
import time
from pathlib import Path

import psutil
import pytest

from likeness.adapters.photos import pictures
from likeness.adapters.photos.pictures import decoder
from likeness.domain.photos.picture import MIB, Limits
from likeness.domain.reasons import Reason, Refused
from tests.unit.photos import picture_files as files

DESCRIPTORS = Path("/proc/self/fd")
UPLOAD = files.encode(files.textured(640, 600))


def crash():
    faulthandler.disable()  # pytest's report would look like a failure
    ctypes.string_at(0)


def verdict(**limits):
    with pytest.raises(Refused) as refused:
        pictures.normalise(UPLOAD, limits=Limits(**limits))
    return refused.value.reason


@pytest.fixture
def decoding(monkeypatch):
    """Replaces the decoder."""
    return lambda decode: monkeypatch.setattr(decoder, "normalise", lambda data, limits: decode())


def test_the_result_is_that_of_the_decoder():
    assert pictures.normalise(UPLOAD) == decoder.normalise(UPLOAD)


def test_a_refusal_keeps_its_reason():
    assert verdict(max_pixels=1) is Reason.FILE_TOO_MANY_PIXELS


def test_the_decoder_runs_in_another_process(decoding):
    decoding(lambda: os.kill(os.getpid(), 9))

    assert verdict() is Reason.FILE_CORRUPT


@pytest.mark.parametrize(
    "fault",
    [crash, lambda: os._exit(0), lambda: 1 / 0],
    ids=["crash", "no result", "error"],
)
def test_a_decoder_that_fails_refuses_the_file(decoding, fault, capfd):
    decoding(fault)

    assert verdict() is Reason.FILE_CORRUPT
    assert UPLOAD[:8].hex() not in capfd.readouterr().err


def test_a_decoder_that_never_ends_is_ended_by_its_processor_time(decoding):
    decoding(lambda: [None for _ in iter(int, 1)])

    began = time.monotonic()

    assert verdict(decode_seconds=1) is Reason.FILE_CORRUPT
    assert time.monotonic() - began < 20


def test_a_decoder_that_waits_is_ended_by_the_clock(decoding):
    decoding(lambda: time.sleep(60))

    began = time.monotonic()

    assert verdict(decode_within=1) is Reason.FILE_CORRUPT
    assert time.monotonic() - began < 20


def test_a_decoder_that_takes_too_much_memory_is_refused_it(decoding):
    def decode():
        try:
            bytearray(200 * MIB)
        except MemoryError:
            raise Refused(Reason.QUALITY_DARK) from None  # shows that it was the memory

    decoding(decode)

    assert verdict(decode_bytes=100 * MIB) is Reason.QUALITY_DARK
    assert verdict(decode_bytes=300 * MIB) is Reason.FILE_CORRUPT  # no photo was returned


def test_the_limit_of_memory_is_that_of_the_decoder_not_of_its_parent():
    """A function that verifies pictures has a model in memory."""
    ballast = bytearray(300 * MIB)

    assert pictures.normalise(UPLOAD, limits=Limits(decode_bytes=100 * MIB)).width == 640
    assert len(ballast) == 300 * MIB


def test_no_process_and_no_descriptor_is_left(decoding):
    gc.collect()  # of what earlier tests left, or it could be closed while this one counts
    before, others = len(list(DESCRIPTORS.iterdir())), children()

    pictures.normalise(UPLOAD)
    decoding(lambda: os._exit(1))
    verdict()

    assert len(list(DESCRIPTORS.iterdir())) == before
    assert children() == others


def children():
    """The processes of this one, with those that ended and were not waited for."""
    return {one.pid for one in psutil.Process().children()}
