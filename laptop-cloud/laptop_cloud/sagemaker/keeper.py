"""Run one program, and see to it that it ends, and its directory goes, when the cloud ends.

    keeper.py [--no-network] DIRECTORY COMMAND...

Standard input is the cloud's hand on it: `T` sends SIGTERM, `K` sends SIGKILL to all of it, and the
end of the stream, which comes even if the cloud was killed, kills it and wipes DIRECTORY.
Runs alone, before any environment of the project: only the standard library.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import threading


def main(arguments: list[str]) -> int:
    if arguments[0] == "--no-network":
        arguments = arguments[1:]
        _leave_the_network()
    directory, *command = arguments
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    ended, tell = os.pipe()
    threading.Thread(target=_tell_the_end, args=(child.pid, tell), daemon=True).start()
    cloud_lives = _obey_until_it_ends(child, ended)
    _kill_group(child)  # what it started ends with it, as in a container
    code = child.wait()
    if not cloud_lives:
        shutil.rmtree(directory, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _obey_until_it_ends(child: subprocess.Popen[bytes], ended: int) -> bool:
    """Whether the cloud is still there when the program is to end or has ended."""
    hand = 0
    while True:
        ready, _, _ = select.select([hand, ended], [], [])
        if hand in ready:
            word = os.read(hand, 1)
            if not word:
                return False
            if word == b"T":
                os.kill(child.pid, signal.SIGTERM)  # send_signal() would reap one that is dead
            elif word == b"K":
                _kill_group(child)
        elif ended in ready:
            return True


def _tell_the_end(pid: int, tell: int) -> None:
    """Leave the dead program unreaped: until its group is killed, nobody may get its number."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.close(tell)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:  # macOS says so of a group of which only zombies are left
        return


def _leave_the_network() -> None:
    """Enter an empty network namespace: not even this machine's own ports can be reached.

    Where the system forbids it, or is not Linux, the job's log says so and the run goes on.
    """
    try:
        user, group = os.getuid(), os.getgid()
        try:
            os.unshare(os.CLONE_NEWNET)
        except PermissionError:
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{user} {user} 1")
            _write("/proc/self/gid_map", f"{group} {group} 1")
    except (OSError, AttributeError):
        print("network isolation: this system offers none, the network stays", file=sys.stderr)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123  (pathlib costs 10 ms here)
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
