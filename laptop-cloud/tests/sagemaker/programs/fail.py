"""Exit with the requested code, with a failure file if one is requested."""

import json
import os
import sys
from pathlib import Path

base = Path(os.environ["SAGEMAKER_BASE_DIR"])
given = json.loads((base / "input/config/hyperparameters.json").read_text())
(base / "model" / "half.bin").write_text("half a model")
(base / "output" / "data" / "trace.txt").write_text("how it came to this")
if "why" in given:
    (base / "output" / "failure").write_text(given["why"])
sys.exit(int(given["code"]))
