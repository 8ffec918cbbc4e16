"""One method for each operation of an app backend, as docs/openapi.json describes it."""

import inspect
import re
from urllib.parse import quote, urlsplit

import pytest

from clients.generate import METHODS, app_document
from likeness_client import Likeness

DOCUMENT = app_document()
OPERATIONS = {
    one["operationId"]: (method.upper(), path, one)
    for path, item in DOCUMENT["paths"].items()
    for method, one in item.items()
    if method in METHODS
}
AROUND = {"all_jobs", "all_styles", "download", "upload", "wait_for_job", "wait_for_photos"}
AROUND |= {"wait_for_receipt", "watch_job"}
VALUE = "a+b/c@d e"  # needs each kind of encoding in a path


def named(schema):
    return schema.get("$ref", "").rpartition("/")[2]


def test_every_operation_has_a_method_and_every_method_an_operation():
    methods = {name for name in vars(Likeness) if not name.startswith("_")}

    assert methods - AROUND == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_method_sends_what_the_document_says(name, client, http):
    method, path, described = OPERATIONS[name]
    parameters = inspect.signature(getattr(Likeness, name)).parameters
    arguments = dict.fromkeys(re.findall(r"{(\w+)}", path), VALUE)
    content = described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        (body,) = set(parameters) - set(arguments) - {"self", "idempotency_key"}
        assert (
            parameters[body].annotation == f"types.{named(content['application/json']['schema'])}"
        )
        arguments[body] = {"sent": True}
    elif content:
        arguments |= {"picture": b"picture", "content_type": "image/png"}
    in_query = [one["name"] for one in described.get("parameters", ()) if one["in"] == "query"]
    arguments |= dict.fromkeys(in_query, "a value")
    ok = next(one for status, one in described["responses"].items() if status.startswith("2"))
    (media, schema), *_ = [(kind, one["schema"]) for kind, one in ok["content"].items()]
    http.will_return(200, {"returned": True} if media == "application/json" else b"bytes")

    returned = getattr(client, name)(**arguments)

    (sent,) = http.requests
    url = urlsplit(sent.url)
    expected = re.sub(r"{\w+}", quote(VALUE, safe=""), path)
    assert (sent.method, url.path) == (method, expected)
    assert url.query == "&".join(f"{one}=a%20value" for one in in_query)
    assert sent.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=id/")
    keyed = any(one["name"] == "Idempotency-Key" for one in described.get("parameters", ()))
    assert ("Idempotency-Key" in sent.headers) == keyed == ("idempotency_key" in parameters)
    if media == "application/json":
        assert returned == {"returned": True}
        returns = inspect.signature(getattr(Likeness, name)).return_annotation
        assert returns == f"types.{named(schema)}"
    else:
        assert returned == b"bytes"
    if content:
        assert sent.headers["Content-Type"] in content
        assert sent.body == (b"picture" if "picture" in arguments else b'{"sent": true}')
