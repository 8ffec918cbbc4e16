"""A training container in miniature: what it does is written in its order."""

import json
import os
import sys
import time
from pathlib import Path

base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
order = json.loads((base / "input" / "data" / "order" / "order.json").read_text())
if order["do"] == "fail":
    (base / "output").mkdir(exist_ok=True)
    (base / "output" / "failure").write_text("Unpaintable: no face in any photo")
    sys.exit(1)
if order["do"] == "work":
    checkpoints = base / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    (checkpoints / "drawn.txt").write_text("drawn")
    sys.exit(0)
while True:
    time.sleep(0.1)
