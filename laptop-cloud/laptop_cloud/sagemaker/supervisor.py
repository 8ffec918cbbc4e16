"""Runs one program, and ends it and deletes its directory when the cloud ends.

    supervisor.py [--no-network] [--read-only FOLDER] DIRECTORY COMMAND...

The cloud writes to standard input: `T` sends SIGTERM, `K` sends SIGKILL to the process group. At
the end of the stream, also after the cloud was killed, the program is killed and DIRECTORY deleted.
Uses only the standard library, because it runs outside any environment.
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import threading

# Linux, <sys/mount.h>.
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 1 << 5, 1 << 12, 1 << 14, 1 << 18
REPEATED = 2 | 4 | 8 | 1024 | 2048  # a remount keeps nosuid, nodev, noexec, noatime, nodiratime


def main(arguments: list[str]) -> int:
    if arguments[0] == "--no-network":
        arguments = arguments[1:]
        _isolate_network()
    protected = ""
    if arguments[0] == "--read-only":
        _, protected, *arguments = arguments
    directory, *command = arguments
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _protect(protected) if protected else None,  # noqa: PLW1509
        )
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    ended, ending = os.pipe()
    threading.Thread(target=_report_end, args=(child.pid, ending), daemon=True).start()
    cloud_runs = _obey_until_the_end(child, ended)
    _kill_group(child)  # its own children end with it, as in a container
    code = child.wait()
    if not cloud_runs:
        shutil.rmtree(directory, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _obey_until_the_end(child: subprocess.Popen[bytes], ended: int) -> bool:
    """Returns whether the cloud still runs when the program must end or has ended."""
    commands = 0
    while True:
        ready, _, _ = select.select([commands, ended], [], [])
        if commands in ready:
            command = os.read(commands, 1)
            if not command:
                return False
            if command == b"T":
                os.kill(child.pid, signal.SIGTERM)  # send_signal() would reap a dead program
            elif command == b"K":
                _kill_group(child)
        elif ended in ready:
            return True


def _report_end(pid: int, ending: int) -> None:
    """The dead program is not reaped: no other may get its id until its group is killed."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.close(ending)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:  # macOS: only zombies are left in the group
        return


def _isolate_network() -> None:
    """Enter an empty network namespace, without this machine's own ports.

    If the system forbids it, or is not Linux, the job's log says so and the program runs without.
    """
    try:
        _enter(os.CLONE_NEWNET)
    except (OSError, AttributeError):
        print("network isolation is not available on this system", file=sys.stderr)


def _protect(folder: str) -> None:
    """In the child: make a folder read-only for it, as SageMaker's input is in a container.

    Only the program's namespace has this mount, so the directory can be deleted. If the system
    forbids it, or is not Linux, the job's log says so and the folder can be written.
    """
    try:
        _enter(os.CLONE_NEWNS)
        _mount(b"/", MS_REC | MS_PRIVATE)
        path = os.fsencode(folder)
        _mount(path, MS_BIND)
        flags = os.statvfs(folder).f_flag & REPEATED
        _mount(path, MS_REMOUNT | MS_BIND | MS_RDONLY | flags)
    except (OSError, AttributeError):
        print("a read-only input is not available on this system", file=sys.stderr, flush=True)


def _mount(path: bytes, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(path, path, None, ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), "mount")


def _enter(namespace: int) -> None:
    user, group = os.getuid(), os.getgid()
    try:
        os.unshare(namespace)
    except PermissionError:
        os.unshare(os.CLONE_NEWUSER | namespace)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123  (pathlib costs 10 ms here)
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
