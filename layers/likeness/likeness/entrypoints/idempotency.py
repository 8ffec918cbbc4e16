"""One answer for each Idempotency-Key: Powertools' utility, over a table of its own.

Imported only by functions that keep answers: it is a part of their cold start, and of no other's.
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
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from likeness.api.app import Message

KEPT_S = 24 * 3600
PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.5)  # 3 s in all: a cold start, and the work behind it
PREFIX = "answer"  # of every item's key, and the same in every function: a key is used up for all
CALLS = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 4})


@dataclass(frozen=True, slots=True)
class Asked:
    """What makes two requests the same. None of it is stored: only digests of it are."""

    caller: str
    key: str
    request: dict[str, Any]  # method, path and what was read from the body


@dataclass(frozen=True, slots=True)
class Keeping:
    """How an answer is stored, and made again. Neither a signed form nor a link may be stored."""

    part: Callable[[Message], dict[str, Any]]
    again: Callable[[dict[str, Any]], Message]


@cache
def store() -> BasePersistenceLayer:
    table = Settings.read().idempotency_table
    if not table:
        raise RuntimeError("LIKENESS_IDEMPOTENCY_TABLE is not set for a route that keeps answers")
    return DynamoDBPersistenceLayer(
        table_name=table, boto3_client=boto3.client("dynamodb", config=CALLS)
    )


def once(
    work: Callable[[], Message], asked: Asked, keeping: Keeping, context: LambdaContext
) -> Message:
    """Do the work, or answer as the first request of that caller and key was answered.

    A request that meets its twin waits a little for the twin's answer. An error is not kept:
    whoever sends the request again has it tried again. So has whoever asks after a function died
    between its work and keeping the answer, once that function's time is up.

    Raises KeyReused where the first request was another one, InProgress where its answer takes
    longer than we wait, Unavailable where the table does not answer.
    """

    def answer(*, asked: dict[str, Any]) -> Message:  # noqa: ARG001 - for the utility to digest
        return work()

    answer_once = idempotent_function(
        answer,
        data_keyword_argument="asked",
        persistence_store=store(),
        config=IdempotencyConfig(
            event_key_jmespath="[caller, key]",
            payload_validation_jmespath="request",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=KEPT_S,
            hash_function="sha256",
            lambda_context=context,
        ),
        output_serializer=_Part(keeping),
        key_prefix=PREFIX,
    )
    for pause in PAUSES_S:
        with suppress(InProgress):
            return _ask(answer_once, asked)
        sleep(pause)
    return _ask(answer_once, asked)


def _ask(answer_once: Callable[..., Message], asked: Asked) -> Message:
    try:
        return answer_once(asked=asdict(asked))
    except IdempotencyValidationError as other:
        raise KeyReused(
            "this Idempotency-Key was sent with another body or path: "
            "choose a new key for a new request"
        ) from other
    except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as twin:
        raise InProgress(
            "the request of this Idempotency-Key is still being answered: "
            "send it again in a moment, with the same key"
        ) from twin
    except IdempotencyPersistenceLayerError as error:
        logger.error("an answer could not be kept", exc_info=error)
        raise Unavailable(
            "the request could not be kept under its Idempotency-Key: "
            "send it again, with the same key"
        ) from error


class _Part(BaseIdempotencySerializer):
    """The utility takes an empty answer for none, so what is kept lies in an envelope."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    def to_dict(self, data: Message) -> dict[str, Any]:
        return {"kept": self._keeping.part(data)}

    def from_dict(self, data: dict[str, Any]) -> Message:
        return self._keeping.again(data["kept"])
