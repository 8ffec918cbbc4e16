"""Generate the clients' types and versions from docs/openapi.json.

    make generated

datamodel-code-generator writes the Python types, openapi-typescript the TypeScript ones. Both read
the part of the document that an app backend calls: no operation of the review desk.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "openapi.json"
PYTHON = ROOT / "clients" / "python" / "likeness_client"
TYPESCRIPT = ROOT / "clients" / "typescript"
VERSIONS = {  # the version follows the API's
    PYTHON.parent / "pyproject.toml": r'(?m)(^version = ").+?(")',
    PYTHON / "version.py": r'(VERSION = ").+(")',
    TYPESCRIPT / "package.json": r'("version": ").+(")',
    TYPESCRIPT / "src" / "version.ts": r'(VERSION = ").+(")',
}
METHODS = {"get", "put", "post", "delete", "patch"}
Json = dict[str, Any]


def main() -> None:
    for file, text in generated().items():
        file.write_text(text)


def generated() -> dict[Path, str]:
    """Each generated file, and what it has to hold."""
    version = json.loads(DOCUMENT.read_text())["info"]["version"]
    found = {PYTHON / "types.py": _python(), TYPESCRIPT / "src" / "types.ts": _typescript()}
    for file, pattern in VERSIONS.items():
        text, replaced = re.subn(pattern, rf"\g<1>{version}\g<2>", file.read_text(), count=1)
        if not replaced:
            raise SystemExit(f"{file} has no version")
        found[file] = text
    return found


def app_document() -> Json:
    """docs/openapi.json without the moderators' operations and what only they use."""
    document: Json = json.loads(DOCUMENT.read_text())
    document["paths"] = {
        path: item for path, item in document["paths"].items() if not _for_moderators(item)
    }
    used = set(_references({key: document.get(key) for key in ("paths", "webhooks")}))
    todo = list(used)
    while todo:
        _, _, kind, name = todo.pop().split("/")
        new = set(_references(document["components"][kind][name])) - used
        used |= new
        todo += new
    document["components"] = {
        kind: {name: one for name, one in found.items() if f"#/components/{kind}/{name}" in used}
        for kind, found in document["components"].items()
        if kind != "securitySchemes"
    }
    for item in document["paths"].values():
        for method in METHODS & item.keys():
            del item[method]["security"]
    return document


def _python() -> str:
    """TypedDicts: a response with a field, state or code of a later version is no error."""
    options = {
        "--input-file-type": "openapi",
        "--output-model-type": "typing.TypedDict",
        "--target-python-version": "3.11",
        "--enum-field-as-literal": "all",
        "--custom-file-header": '"""Types of the API, generated from docs/openapi.json."""',
    }
    flags = (
        *("--disable-timestamp", "--no-use-closed-typed-dict", "--use-schema-description"),
        *("--use-field-description", "--use-single-line-docstring", "--use-standard-collections"),
        *("--use-union-operator", "--no-formatters"),
    )
    tool = Path(sys.executable).parent
    given = [part for option in options.items() for part in option]
    made = _generate([str(tool / "datamodel-codegen"), "--input", "INPUT", *given, *flags])
    ruff = [str(tool / "ruff")]
    name = ["--stdin-filename", str(PYTHON / "types.py")]
    made = _run([*ruff, "check", "--fix-only", "--quiet", *name, "-"], made)
    return _run([*ruff, "format", "--quiet", *name, "-"], made)


def _typescript() -> str:
    """A field of a request with a default may be left out."""
    tools = ROOT / "node_modules" / ".bin"
    flags = ("--root-types", "--root-types-no-schema-prefix", "--default-non-nullable", "false")
    made = _generate([str(tools / "openapi-typescript"), "INPUT", *flags])
    return _run(
        [str(tools / "prettier"), "--stdin-filepath", str(TYPESCRIPT / "src" / "types.ts")], made
    )


def _for_moderators(item: Json) -> bool:
    return any(
        {"moderator": []} in one["security"] for method, one in item.items() if method in METHODS
    )


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for one in node.values():
            yield from _references(one)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)


def _generate(command: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        document.write_text(json.dumps(app_document()))
        return _run([str(document) if part == "INPUT" else part for part in command])


def _run(command: list[str], given: str | None = None) -> str:
    """Node's tools find the environment's own Node first."""
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": f"{ROOT / '.envs' / 'node' / 'bin'}:/usr/bin:/bin"},
    )
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
