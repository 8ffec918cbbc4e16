"""The worker processes: beside threads, and after the end of their program."""

import os
import subprocess
import sys

import pytest

from likeness_model.painter.workers import choose_method
from tests.model.conftest import PACKAGES, PATIENCE_S, scratch_folder, wait_until

# Its output is a pipe. A fork happens while a thread, which prints more than the pipe holds, has
# the lock of the output.
PRINTING = """
import fcntl, os, struct, sys, termios, threading, time
from likeness_model.painter.workers import start_workers

FULL = 65_536  # bytes of a pipe: pipe(7)
here, there = os.pipe()


def start(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def is_full():
    return struct.unpack("i", fcntl.ioctl(here, termios.FIONREAD, b"    "))[0] == FULL


def hold():
    start(print, "a" * 10 * FULL)
    while not is_full():
        time.sleep(0.01)


def let_go():
    start(lambda: [None for _ in iter(lambda: os.read(here, FULL), b"")])


if __name__ == "__main__":
    sys.stdout = os.fdopen(there, "w")
    os.register_at_fork(before=hold, after_in_parent=let_go)
    with start_workers(1, sys.argv[1]) as workers:
        workers.drawing.pool.submit(os.getpid).result()
    os._exit(0)
"""

WAITING = """
import os, sys, time
from likeness_model.painter.workers import start_workers

if __name__ == "__main__":
    with start_workers(2, sys.argv[1]) as workers:
        ids = [group.pool.submit(os.getpid).result() for group in workers.groups]
        print(*ids, flush=True)
        time.sleep(600)
"""


@pytest.fixture
def start(tmp_path):
    """Starts a script with a method that starts workers."""
    script, programs = tmp_path / "script.py", []
    with scratch_folder() as scratch:

        def program(text, method):
            script.write_text(text)
            programs.append(
                subprocess.Popen(
                    [sys.executable, script, method],
                    env=os.environ | {"PYTHONPATH": PACKAGES, "TMPDIR": str(scratch)},
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            return programs[-1]

        yield program
        for each in programs:
            each.kill()
            each.communicate()


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_no_worker_waits_for_the_lock_of_a_thread(start):
    program = start(PRINTING, choose_method(threads=True))

    assert program.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("threads", [False, True])
def test_workers_end_when_their_program_is_killed(start, threads):
    program = start(WAITING, choose_method(threads=threads))
    workers = [int(pid) for pid in program.stdout.readline().split()]
    assert len(workers) == 2

    program.kill()

    wait_until(lambda: not any(runs(pid) for pid in workers))
