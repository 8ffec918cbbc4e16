"""The OpenAPI document that API Gateway imports: each route is signed as it should be.

With FailOnWarnings the import fails if a route names a security scheme that does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.preflight.findings import Finding
from infra.preflight.stacks import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.preflight.stacks import Stack

PUBLIC = {  # the same for everyone: the public keys of receipts, the catalogue and its pictures
    ("get", "/v1/keys"),
    ("get", "/v1/styles"),
    ("get", "/v1/styles/{style}/preview"),
}
MODERATORS = "/v1/reviews"


def check(stacks: list[Stack]) -> Iterator[Finding]:
    for stack in stacks:
        for name, properties in stack.of_type(API):
            yield from routes(f"{stack.file} {name}", properties)


def routes(where: str, api: dict[str, Any]) -> Iterator[Finding]:
    if not api.get("FailOnWarnings"):
        yield Finding(where, "a route that cannot be imported would be dropped: FailOnWarnings")
    document = api["Body"]
    schemes = document.get("components", {}).get("securitySchemes", {})
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{where} {method.upper()} {path}"
            named = [name for one in operation.get("security", ()) for name in one]
            if unknown := sorted(set(named) - set(schemes)):
                yield Finding(route, f"names the security scheme {unknown[0]}, which is undefined")
            wanted = "Moderators" if path.startswith(MODERATORS) else "AWS_IAM"
            expected = [] if (method, path) in PUBLIC else [wanted]
            if named != expected:
                yield Finding(
                    route, f"its authorizers are {named} and should be {expected}: set its Auth"
                )
