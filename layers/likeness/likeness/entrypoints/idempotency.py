"""One response per Idempotency-Key: Powertools' idempotency utility with a table of its own.

Only functions that store responses import it, so that only their cold starts pay for it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from time import sleep
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.serialization.base import (
    BaseIdempotencySerializer,
)
from botocore.config import Config

from likeness.domain.errors import InProgress, KeyReused, Unavailable
from likeness.observability import logger
from likeness.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from likeness.api.message import Message
    from likeness.entrypoints.http import StoredPart

STORED_S = 24 * 3600
PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.5)  # 3 s in total: a cold start and the use case
PREFIX = "answer"  # of each item's key, in all functions: a key is unique across routes
CALLS = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """The identity of a request. Only digests of it are stored."""

    caller: str
    key: str
    request: dict[str, Any]  # method, path and parsed body


@cache
def store() -> BasePersistenceLayer:
    table = Settings.read().idempotency_table
    if not table:
        raise RuntimeError("LIKENESS_IDEMPOTENCY_TABLE is not set, but a route stores responses")
    return DynamoDBPersistenceLayer(
        table_name=table, boto3_client=boto3.client("dynamodb", config=CALLS)
    )


def run_once(
    work: Callable[[], Message],
    keyed: KeyedRequest,
    stored: StoredPart,
    parameters: Mapping[str, str],
    context: LambdaContext,
) -> Message:
    """Run `work`, or return the response of the first request with that caller and key.

    A concurrent request with the same key waits up to 3 s for the first one's response. Errors are
    not stored, so a retry runs again. If a function dies before it stores its response, a retry
    runs again after that function's time limit.

    Raises KeyReused if the first request was different, InProgress if the first one's response
    takes longer than the wait, Unavailable if the table does not respond.
    """

    def run(*, keyed: dict[str, Any]) -> Message:  # noqa: ARG001 - the utility digests it
        return work()

    run_idempotently = idempotent_function(
        run,
        data_keyword_argument="keyed",
        persistence_store=store(),
        config=IdempotencyConfig(
            event_key_jmespath="[caller, key]",
            payload_validation_jmespath="request",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=STORED_S,
            hash_function="sha256",
            lambda_context=context,
        ),
        output_serializer=_Serializer(stored, parameters),
        key_prefix=PREFIX,
    )
    for pause in PAUSES_S:
        with suppress(InProgress):
            return _try(run_idempotently, keyed)
        sleep(pause)
    return _try(run_idempotently, keyed)


def _try(run_idempotently: Callable[..., Message], keyed: KeyedRequest) -> Message:
    try:
        return run_idempotently(keyed=asdict(keyed))
    except IdempotencyValidationError as other:
        raise KeyReused(
            "this Idempotency-Key was sent with another body or path: "
            "choose a new key for a new request"
        ) from other
    except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as first:
        raise InProgress(
            "a request with this Idempotency-Key is still running: "
            "send it again in a moment, with the same key"
        ) from first
    except IdempotencyPersistenceLayerError as error:
        logger.error("idempotency table unavailable", exc_info=error)
        raise Unavailable(
            "the Idempotency-Key could not be stored: send it again, with the same key"
        ) from error


class _Serializer(BaseIdempotencySerializer):
    """Wraps the part: the utility takes an empty response for a missing one."""

    def __init__(self, stored: StoredPart, parameters: Mapping[str, str]) -> None:
        self._stored = stored
        self._parameters = parameters

    def to_dict(self, data: Message) -> dict[str, Any]:
        part = self._stored.part.model_validate(data, from_attributes=True)
        return {"response": part.model_dump(mode="json")}

    def from_dict(self, data: dict[str, Any]) -> Message:
        # The next release may have stored it, with fields of its own: decision 095.
        part = self._stored.part.model_validate(data["response"], extra="ignore")
        return self._stored.rebuild(part, **self._parameters)
