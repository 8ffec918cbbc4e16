"""Environment variables that keep libraries from fetching or reporting anything at run time."""

import os

# Read by Hugging Face's libraries and onnxruntime when they are imported.
OFFLINE = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DO_NOT_TRACK": "1",
}


def go_offline() -> None:
    """Call it before any of these libraries is imported. The container has no network either."""
    os.environ.update(OFFLINE)
