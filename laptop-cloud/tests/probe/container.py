"""A small training container. The channel `order` says what it does."""

import json
import os
import sys
import time
from pathlib import Path

base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
order = json.loads((base / "input" / "data" / "order" / "order.json").read_text())
if order["do"] == "fail":
    (base / "output").mkdir(exist_ok=True)
    (base / "output" / "failure").write_text("BadData: the file is empty")
    sys.exit(1)
if order["do"] == "work":
    checkpoints = base / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    (checkpoints / "drawn.txt").write_text("drawn")
    sys.exit(0)
while True:
    time.sleep(0.1)
