"""Write the JSON schema of each event to docs/events/: python -m docs.event_schemas."""

from __future__ import annotations

import json
from pathlib import Path

from likeness import events

FILES = {
    Path(__file__).parent / "events" / "JobStateChanged.v1.json": events.schema,
}


def text_of(path: Path) -> str:
    return json.dumps(FILES[path](), indent=2) + "\n"


def main() -> None:
    for path in FILES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(path))


if __name__ == "__main__":
    main()
