"""The generated files of the clients are current, and the code of their READMEs type-checks."""

import json
import re
import subprocess
import sys
from pathlib import Path

from clients import generate

ROOT = generate.ROOT
CLIENTS = ROOT / "clients"


def test_the_generated_files_are_current():
    generated = generate.generated()

    assert len(generated) > 5
    assert [str(file) for file, text in generated.items() if file.read_text() != text] == []


def code(client: str, language: str) -> str:
    """The code of a README: its blocks build on each other."""
    text = (CLIENTS / client / "README.md").read_text()
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert len(blocks) > 3
    return "\n".join(blocks)


def checked(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_the_code_of_the_python_readme_passes_mypy(tmp_path):
    file = tmp_path / "readme.py"
    file.write_text(code("python", "python"))

    assert checked(sys.executable, "-m", "mypy", file) == ""


def test_the_code_of_the_typescript_readme_passes_tsc(tmp_path):
    (tmp_path / "readme.mts").write_text(code("typescript", "ts"))
    config = {
        "extends": str(CLIENTS / "typescript" / "tsconfig.json"),
        "compilerOptions": {
            "typeRoots": [str(ROOT / "node_modules" / "@types")],
            "skipLibCheck": True,  # `make types` checks the packages' own declarations
        },
        "files": ["readme.mts"],
        "include": [],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))

    compiler = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    assert checked(ROOT / ".envs/node/bin/node", compiler, "--project", tmp_path) == ""
