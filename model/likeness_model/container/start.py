"""The image's entry point: takes over SageMaker's folders as root, then runs the program without.

SageMaker starts containers as root, and /opt/ml/* are mounts that root owns ("SageMaker AI expects
all containers to run with root users": SageMaker developer guide, Custom Inference Code with
Hosting Services). The program decodes users' photos, so it runs as USER: the folders that it writes
are given to USER, and those that it reads are made readable. Started as another user, this only
runs the program.

Only the standard library is imported here: this runs as root.
"""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

BASE = "SAGEMAKER_BASE_DIR"
DEFAULT_BASE = "/opt/ml"
USER = 10001  # also the group; the Dockerfile makes both
WRITTEN = ("checkpoints", "model", "output")  # by a training job; the endpoint writes to /tmp only
READ = ("input", "model")


def main(arguments: Sequence[str]) -> None:
    """Replaces this process, so that the program has its process id and gets its signals."""
    command = [sys.executable, "-m", "likeness_model", *arguments]
    if os.geteuid() == 0:
        take_over(Path(os.environ.get(BASE, DEFAULT_BASE)), USER, serves="serve" in arguments)
        identity = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        command = ["setpriv", *identity, "--no-new-privs", "--", *command]
    os.execvp(command[0], command)  # noqa: S606


def take_over(base: Path, user: int, *, serves: bool) -> None:
    """Make the folders that the program reads readable, and give it those that it writes.

    Raises SystemExit with the folder's name if the program could not write to it.
    """
    for folder in READ:
        for path in _below(base / folder):
            with suppress(OSError):  # a read-only mount: reading says what is wrong, if it is
                _make_readable(path)
    for folder in () if serves else WRITTEN:
        try:
            (base / folder).mkdir(parents=True, exist_ok=True)
            for path in _below(base / folder):
                os.chown(path, user, user, follow_symlinks=False)
        except OSError as error:
            message = (
                f"{error.filename} cannot be given to user {user}: {error.strerror}. Mount "
                f"{', '.join(WRITTEN)} writable, or start the container as the user who owns them."
            )
            with suppress(OSError):
                (base / "output" / "failure").write_text(f"PermissionError: {message}")
            sys.exit(message)


def _below(folder: Path) -> Iterator[Path]:
    """The folder and everything in it. Nothing if it does not exist."""
    if folder.is_dir():
        yield folder
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in folders + files)


def _make_readable(path: Path) -> None:
    mode = path.lstat().st_mode
    wanted = mode | (0o555 if stat.S_ISDIR(mode) else 0o444)
    if wanted != mode and not stat.S_ISLNK(mode):
        path.chmod(wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
