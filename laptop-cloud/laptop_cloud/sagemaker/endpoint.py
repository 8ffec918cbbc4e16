"""One asynchronous endpoint: its program, started and watched, and its queue."""

from __future__ import annotations

import contextvars
import json
import logging
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from laptop_cloud.sagemaker.container import Container, Said, Unreachable
from laptop_cloud.sagemaker.errors import Failed
from laptop_cloud.sagemaker.logs import pump
from laptop_cloud.sagemaker.opt_ml import OptMl
from laptop_cloud.sagemaker.program import Program, Running
from laptop_cloud.sagemaker.transfer import S3_ERRORS, Place, download

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from laptop_cloud.sagemaker.logs import LogSink

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
HEALTHY_WITHIN = 600  # s, unless the variant says otherwise
FIRST_ANSWER_WITHIN = 900  # s, unless the request says otherwise
QUEUED_AT_MOST = 21_600


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One request on its way through the queue."""

    inference_id: str
    input_uri: str
    output_uri: str
    failure_uri: str
    headers: Mapping[str, str]
    seconds: float
    queued_at_most: float
    received: datetime = field(default_factory=lambda: datetime.now(UTC))


class Refusal(Exception):
    """An invocation that failed: what SageMaker says of it, and what the container said."""

    def __init__(self, reason: str, said: Said | None = None) -> None:
        super().__init__(reason)
        self.said = said


@dataclass(frozen=True, kw_only=True)
class Hosted:
    """What an endpoint is made of: a model, one variant of a configuration, and who helps."""

    name: str
    model: Mapping[str, Any]
    variant: Mapping[str, Any]
    output: Mapping[str, Any]  # AsyncInferenceConfig.OutputConfig
    program: Program
    directory: Path
    s3: S3Client
    publish: Callable[[str, str, str], None]  # (role, topic, message)
    logs: LogSink
    grace_seconds: float


class Endpoint:
    """Starts in the background. `status` is Creating, then InService, or Failed with a reason."""

    def __init__(self, hosted: Hosted) -> None:
        self.hosted = hosted
        self.status, self.reason = "Creating", ""
        self.created = datetime.now(UTC)
        self._queue: queue.SimpleQueue[Invocation] = queue.SimpleQueue()
        self._over = threading.Event()
        self._opt_ml = OptMl(hosted.directory)
        self._container = Container(hosted.directory)
        self._running: Running | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._live,), name=f"endpoint-{hosted.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def accept(self, invocation: Invocation) -> None:
        self._queue.put(invocation)

    def end(self, seconds: float) -> None:
        """Stop it: SIGTERM, after the grace SIGKILL; wait, and leave no file."""
        self._over.set()
        self._thread.join(seconds)

    def _live(self) -> None:
        try:
            self._lay_out()
            self._start_program()
            self.status = "InService"
            while not self._over.is_set():
                try:
                    self._handle(self._queue.get(timeout=LOOK_SECONDS))
                except queue.Empty:
                    continue
        except Failed as failure:
            self.status, self.reason = "Failed", failure.reason
        except Exception:
            logger.exception("endpoint %s broke", self.hosted.name)
            self.status, self.reason = "Failed", "InternalServerError"
        finally:
            self._end_program()
            self._container.close()
            self._opt_ml.wipe()

    def _lay_out(self) -> None:
        self._opt_ml.wipe()
        for folder in (self._opt_ml.model, self._opt_ml.output, self._opt_ml.root / "tmp"):
            folder.mkdir(parents=True, mode=0o700)
        source = self._primary.get("ModelDataSource", {}).get("S3DataSource")
        if source and not download(self.hosted.s3, source["S3Uri"], self._opt_ml.model):
            raise Failed(f"Could not find model data at {source['S3Uri']}.")

    @property
    def _primary(self) -> Mapping[str, Any]:
        primary: Mapping[str, Any] = self.hosted.model["PrimaryContainer"]
        return primary

    def _start_program(self) -> None:
        """Raises Failed where the program ends, or is not well in time."""
        seconds = self.hosted.variant.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", HEALTHY_WITHIN
        )
        self._running = Running(
            (*self.hosted.program.command, "serve"),
            directory=self.hosted.directory,
            environment={
                **self.hosted.program.environment,
                **self._primary.get("Environment", {}),
                "SAGEMAKER_BASE_DIR": str(self.hosted.directory),
                "LIKENESS_ADDRESS": "./socket",
            },
            isolated=self.hosted.model.get("EnableNetworkIsolation", False),
        )
        threading.Thread(target=_listen, args=(self._running, self.hosted), daemon=True).start()
        deadline = time.monotonic() + seconds
        while not self._container.is_well():
            code = self._running.wait(LOOK_SECONDS)
            if code is not None:
                said = self._opt_ml.failure_text() or "check its log"
                raise Failed(
                    "The primary container for production variant "
                    f"{self.hosted.variant['VariantName']} did not pass the ping health check: "
                    f"it ended with exit code {code}: {said}"
                )
            if self._over.is_set():
                raise Failed("the endpoint was deleted while it started")
            if time.monotonic() > deadline:
                raise Failed(
                    "The primary container for production variant "
                    f"{self.hosted.variant['VariantName']} did not pass the ping health check."
                )

    def _end_program(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        running.terminate()
        running.wait(self.hosted.grace_seconds)
        running.end()

    def _handle(self, invocation: Invocation) -> None:
        """One request to its end; whatever happens somebody is told."""
        try:
            said = self._ask(invocation)
            self._write(invocation.output_uri, said)
        except Refusal as refusal:
            self._fail(invocation, refusal)
        except S3_ERRORS as error:
            self._fail(invocation, Refusal(f"InternalServerError: S3 answered: {error}"))
        else:
            self._tell(invocation, "Completed", "SuccessTopic", {})

    def _ask(self, invocation: Invocation) -> Said:
        waited = (datetime.now(UTC) - invocation.received).total_seconds()
        if waited > invocation.queued_at_most:
            raise Refusal("Request expired in the queue.")
        place = Place.of(invocation.input_uri)
        try:
            body = self.hosted.s3.get_object(Bucket=place.bucket, Key=place.prefix)["Body"].read()
        except S3_ERRORS as error:
            raise Refusal(
                f"Failed to download data. The provided S3 URI: {invocation.input_uri} may be "
                f"incorrect or the role lacks s3:GetObject. {error}"
            ) from error
        try:
            said = self._invoke(body, invocation)
        except TimeoutError as late:
            self._restart()
            raise Refusal("Model container did not respond in InvocationTimeoutSeconds.") from late
        except Unreachable as gone:
            self._restart()
            raise Refusal("Received server error (0) from primary: it ended.") from gone
        if said.status != 200:
            kind = "client" if said.status < 500 else "server"
            raise Refusal(f"Received {kind} error ({said.status}) from primary.", said)
        return said

    def _invoke(self, body: bytes, invocation: Invocation) -> Said:
        """Waits as long as the request may take, and no longer than the endpoint lives."""
        answered: list[Said | Exception] = []

        def ask() -> None:
            try:
                headers = dict(invocation.headers)
                answered.append(self._container.invoke(body, headers, invocation.seconds))
            except Exception as error:  # noqa: BLE001 - handed to the thread that waits
                answered.append(error)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        while asking.is_alive():
            asking.join(LOOK_SECONDS)
            if self._over.is_set():
                raise Refusal("The endpoint was deleted.")
        found = answered[0]
        if isinstance(found, Exception):
            raise found
        return found

    def _restart(self) -> None:
        """A container that hangs or has ended is started anew, as SageMaker does."""
        self._end_program()
        if not self._over.is_set():
            self._start_program()

    def _fail(self, invocation: Invocation, refusal: Refusal) -> None:
        if refusal.said and invocation.failure_uri:
            try:
                self._write(invocation.failure_uri, refusal.said)
            except S3_ERRORS:
                logger.exception("a failure of endpoint %s was not written", self.hosted.name)
        self._tell(invocation, "Failed", "ErrorTopic", {"failureReason": str(refusal)[:1024]})

    def _write(self, uri: str, said: Said) -> None:
        place = Place.of(uri)
        extra: dict[str, Any] = {}
        if key := self.hosted.output.get("KmsKeyId"):
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        self.hosted.s3.put_object(
            Bucket=place.bucket, Key=place.prefix, Body=said.body, ContentType=said.kind, **extra
        )

    def _tell(
        self, invocation: Invocation, status: str, which: str, more: Mapping[str, str]
    ) -> None:
        topic = self.hosted.output.get("NotificationConfig", {}).get(which)
        if not topic:
            return
        message = {
            "awsRegion": topic.split(":")[3],
            "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "receivedTime": invocation.received.isoformat(timespec="milliseconds"),
            "invocationStatus": status,
            "requestParameters": {
                "endpointName": self.hosted.name,
                "inputLocation": invocation.input_uri,
            },
            "responseParameters": {"outputLocation": invocation.output_uri}
            if status == "Completed"
            else {},
            "inferenceId": invocation.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
            **more,
        }
        try:
            self.hosted.publish(self.hosted.model["ExecutionRoleArn"], topic, json.dumps(message))
        except Exception:
            logger.exception("nobody was told of an inference of endpoint %s", self.hosted.name)


def _listen(running: Running, hosted: Hosted) -> None:
    """Read to the end whatever the log store does: an unread pipe would block the program."""
    try:
        pump(running.output, hosted.logs.open(hosted.name))
    except Exception:
        logger.exception("the log of endpoint %s was lost", hosted.name)
        pump(running.output, lambda _lines: None)
    running.close()


def uris(output: Mapping[str, Any], extension: str, filename: str) -> tuple[str, str]:
    """Where the answer and a failure of one request go; no failure path, no failure object."""
    own = uuid.uuid4().hex
    root = Place.of(output["S3OutputPath"])
    answer = root.below(extension.strip("/"), filename or f"{own}.out")
    failure = ""
    if path := output.get("S3FailurePath"):
        place = Place.of(path)
        failure = f"s3://{place.bucket}/{place.below(f'{own}-error.out')}"
    return f"s3://{root.bucket}/{answer}", failure
