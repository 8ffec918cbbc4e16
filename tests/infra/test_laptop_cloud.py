"""The laptop cloud is a package of its own: it knows nothing of this project."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "laptop-cloud"
SOURCES = sorted((PACKAGE / "laptop_cloud").rglob("*.py"))
TEXTS = sorted(
    file
    for file in PACKAGE.rglob("*")
    if file.suffix in {".py", ".md", ".toml", ".yaml"} and not set(file.parts) & {".aws-sam"}
)
LIBRARIES = {
    *("laptop_cloud", "boto3", "botocore", "ministack", "mypy_boto3_s3", "psutil", "pyotp"),
    *("samtranslator", "yaml"),
    *("cv2", "numpy", "PIL"),  # of Rekognition
}
# Names of this project: of it, its packages, its stack, its buckets, its engines.
NAMES = re.compile(
    r"likeness|avatar|painter|sdxl|klein|tiny-lora|moderator|review|infra[./]", re.IGNORECASE
)


def imported(source: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_it_imports_only_its_own_libraries(source: Path) -> None:
    assert imported(source) <= sys.stdlib_module_names | LIBRARIES


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_it_names_nothing_of_this_project(text: Path) -> None:
    assert NAMES.findall(text.read_text()) == []
