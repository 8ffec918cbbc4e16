"""The image's file tree and user without a container engine: a root folder of its own.

The tree has the files and the environment that model/Dockerfile names, the tests' packages in the
place of its own, and SageMaker's folders as mounts that root owns. It needs root and Linux, and
nothing of it is left when the process ends.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.model.conftest import ROOT

UNSHARE = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
AVAILABLE = (
    os.geteuid() == 0
    and bool(shutil.which("unshare"))
    and subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
)

# $1: the root folder; $2: the folder of the mounts; $3: names that are mounted read-only; then the
# interpreter's folders, `--`, the copies as FROM TO, `--`, and the command, which is process 1.
_BUILD = r"""
root=$1 mounts=$2 readonly=$3; shift 3
mount -t tmpfs -o mode=755 none "$root"
share() { mkdir -p "$root$1"; mount --bind "$1" "$root$1"; }
for path in /usr /bin /sbin /lib /lib64 /dev; do
  [ ! -e "$path" ] || share "$(readlink -f "$path")"
done
mount -t tmpfs -o mode=1777 none "$root/dev/shm"
for path in /bin /sbin /lib /lib64; do [ -e "$root$path" ] || ln -s "usr$path" "$root$path"; done
while [ "$1" != -- ]; do share "$1"; shift; done; shift
mkdir -p "$root/etc" "$root/proc" "$root/app" "$root/opt/ml"; mkdir -m 1777 "$root/tmp"
mount -t proc none "$root/proc"
ln -s "$VENV" "$root/venv"
while [ "$1" != -- ]; do mkdir -p "$root$(dirname "$2")"; cp -r "$1" "$root$2"; shift 2; done; shift
for folder in "$mounts"/*; do
  mkdir "$root/opt/ml/${folder##*/}"; mount --bind "$folder" "$root/opt/ml/${folder##*/}"
done
for name in $readonly; do mount -o remount,bind,ro "$root/opt/ml/$name"; done
chmod -R u=rwX,go=rX "$root/app"
exec chroot "$root" env -i "$@"
"""


def dockerfile() -> str:
    return (ROOT / "model/Dockerfile").read_text().replace("\\\n", " ")


def environment() -> list[str]:
    """The variables that the Dockerfile sets, as NAME=VALUE."""
    found = re.findall(r"^ENV (.*)$", dockerfile(), re.MULTILINE)
    path = "/usr/local/bin:/usr/bin:/bin"
    return [one.replace("$PATH", path) for line in found for one in shlex.split(line)]


def copies() -> list[str]:
    """What the Dockerfile copies from the repository to /app: source and target in turn."""
    found = []
    for line in re.findall(r"^COPY (.* /app\S*)$", dockerfile(), re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            name = target + Path(source).name if target.endswith("/") else target
            found += [str(ROOT / source), name]
    return found


def entry_point() -> list[str]:
    return list(json.loads(re.findall(r"^ENTRYPOINT (.*)$", dockerfile(), re.MULTILINE)[-1]))


def start(
    place: Path, *arguments: str, readonly: str = "", user: int = 0, **variables: str
) -> subprocess.Popen[str]:
    """Start the image as user `user`. Each folder in `place/ml` is mounted below /opt/ml."""
    root = place / "root"
    root.mkdir()
    interpreter = dict.fromkeys([sys.base_prefix, str(Path(sys.prefix).resolve())])
    identity = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    drop = ["setpriv", *identity] if user else []
    command = [
        *environment(),
        *(f"{name}={value}" for name, value in variables.items()),
        *("sh", "-c", 'cd /app && exec "$@"', "sh"),
        *drop,
        *entry_point(),
        *arguments,
    ]
    return subprocess.Popen(
        [*UNSHARE, "bash", "-euc", _BUILD, "image"]
        + [str(root), str(place / "ml"), readonly, *interpreter, "--", *copies(), "--", *command],
        env={"PATH": os.environ["PATH"], "VENV": str(Path(sys.prefix).resolve())},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
