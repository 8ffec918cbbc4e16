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
COMPONENTS = "#/components/"
SCHEMAS = f"{COMPONENTS}schemas/"
METHODS = {"get", "put", "post", "delete", "patch"}
Json = dict[str, Any]


def main() -> None:
    for file, text in generated().items():
        file.write_text(text)


def generated() -> dict[Path, str]:
    """Each generated file, and what it has to hold."""
    version = json.loads(DOCUMENT.read_text())["info"]["version"]
    found = {
        PYTHON / "types.py": _python(),
        PYTHON / "errors" / "kinds.py": _kinds(),
        TYPESCRIPT / "src" / "types.ts": _typescript(),
    }
    for file, pattern in VERSIONS.items():
        text, replaced = re.subn(pattern, rf"\g<1>{version}\g<2>", file.read_text(), count=1)
        if not replaced:
            raise SystemExit(f"{file} has no version")
        found[file] = text
    return found


def app_document() -> Json:
    """docs/openapi.json without the moderators' operations and what only they use.

    The bodies of webhooks are schemas with names, and WebhookEvent is any of them.
    """
    document: Json = json.loads(DOCUMENT.read_text())
    document["paths"] = {
        path: item for path, item in document["paths"].items() if not _for_moderators(item)
    }
    schemas = document["components"]["schemas"]
    events = [f"{name}Event" for name in document["webhooks"]]
    for name, item in zip(events, document["webhooks"].values(), strict=True):
        schemas[name] = item["post"]["requestBody"]["content"]["application/json"]["schema"]
    schemas["WebhookEvent"] = {"anyOf": [{"$ref": f"{SCHEMAS}{name}"} for name in events]}
    used = {f"{SCHEMAS}WebhookEvent", *_references(document["paths"])}
    todo = list(used)
    while todo:
        _, _, kind, name = todo.pop().split("/")
        new = set(_references(document["components"][kind][name])) - used
        used |= new
        todo += new
    document["components"] = {
        kind: {name: one for name, one in found.items() if f"{COMPONENTS}{kind}/{name}" in used}
        for kind, found in document["components"].items()
        if kind != "securitySchemes"
    }
    for operation in _operations(document):
        del operation["security"]
    return document


def _operations(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from (one for method, one in item.items() if method in METHODS)


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
    given = [part for option in options.items() for part in option]
    codegen = str(Path(sys.executable).parent / "datamodel-codegen")
    return _formatted(_generate([codegen, "--input", "INPUT", *given, *flags]), "types.py")


def _kinds() -> str:
    """A class for each kind of error that an app backend can get."""
    document = app_document()
    kinds = document["components"]["schemas"]["ErrorKind"]
    described = zip(kinds["enum"], kinds["x-enum-descriptions"], strict=True)
    possible = {
        kind
        for operation in _operations(document)
        for found in operation["x-error-kinds"].values()
        for kind in found
    }
    classes = (
        f'class {kind}(ApiError):\n    """{text}"""\n'
        for kind, text in described
        if kind in possible
    )
    head = '"""A class for each kind of error of the API, generated from docs/openapi.json."""'
    imported = "from likeness_client.errors.base import ApiError"
    return _formatted("\n".join([head, imported, *classes]), "errors/kinds.py")


def _typescript() -> str:
    """A field of a request with a default may be left out."""
    tools = ROOT / "node_modules" / ".bin"
    flags = ("--root-types", "--root-types-no-schema-prefix", "--default-non-nullable", "false")
    made = _generate([str(tools / "openapi-typescript"), "INPUT", *flags])
    file = f"--stdin-file-path={TYPESCRIPT / 'src' / 'types.ts'}"
    return _run([str(tools / "biome"), "format", file], made)


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


def _formatted(text: str, name: str) -> str:
    ruff, file = str(Path(sys.executable).parent / "ruff"), str(PYTHON / name)
    text = _run([ruff, "check", "--fix-only", "--quiet", "--stdin-filename", file, "-"], text)
    return _run([ruff, "format", "--quiet", "--stdin-filename", file, "-"], text)


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
