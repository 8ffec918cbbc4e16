"""Exit with the code that is asked for, having said why where it is asked to."""

import json
import os
import sys
from pathlib import Path

base = Path(os.environ["SAGEMAKER_BASE_DIR"])
wish = json.loads((base / "input/config/hyperparameters.json").read_text())
(base / "model" / "half.bin").write_text("half a model")
(base / "output" / "data" / "trace.txt").write_text("how it came to this")
if "why" in wish:
    (base / "output" / "failure").write_text(wish["why"])
sys.exit(int(wish["code"]))
