"""Cold starts: heavy packages are imported only where they are used."""

import subprocess
import sys
from pathlib import Path

import likeness

LAYER = Path(likeness.__file__).parents[1]
HEAVY = (
    "PIL",
    "pillow_heif",
    "numpy",
    "aws_lambda_powertools.metrics",
    "jinja2",
    "jwt",
    "cryptography",
)


def test_importing_the_use_cases_loads_no_heavy_package():
    program = (
        "import sys, likeness.bootstrap.app_backend, likeness.bootstrap.pipeline\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    result = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(LAYER), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.strip() == "[]"
