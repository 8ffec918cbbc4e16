"""Write the JSON schema of each event to docs/events/: python -m docs.event_schemas."""

from __future__ import annotations

import json
from pathlib import Path

from likeness import events

FILES = {
    Path(__file__).parent / "events" / f"{name}.v1.json": kind
    for name, kind in events.EVENTS.items()
}


def text_of(path: Path) -> str:
    return json.dumps(events.schema(FILES[path]), indent=2) + "\n"


def main() -> None:
    for path in FILES:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(path))


if __name__ == "__main__":
    main()
