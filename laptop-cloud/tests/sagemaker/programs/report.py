"""Write everything that a container can see to its model, and a note to output/data."""

import json
import os
import sys
from pathlib import Path

base = Path(os.environ["SAGEMAKER_BASE_DIR"])


def texts(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


seen = {
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "config": {name: json.loads(text) for name, text in texts(base / "input/config").items()},
    "data": texts(base / "input/data"),
    "checkpoints": texts(base / "checkpoints") if (base / "checkpoints").is_dir() else None,
}
(base / "model" / "seen.json").write_text(json.dumps(seen))
(base / "output" / "data" / "note.txt").write_text("a note")
print("the program speaks")
print("and complains", file=sys.stderr)
