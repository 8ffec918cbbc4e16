"""One asynchronous endpoint: its program and its queue."""

from __future__ import annotations

import contextvars
import json
import logging
import queue
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from laptop_cloud.sagemaker.container import Container, Response, Unreachable
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

POLL_SECONDS = 0.1
HEALTHY_WITHIN = 600  # s, by default
RESPONSE_WITHIN = 900  # s, by default
QUEUED_AT_MOST = 21_600


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One request in the queue."""

    inference_id: str
    input_uri: str
    output_uri: str
    failure_uri: str
    headers: Mapping[str, str]
    seconds: float
    queued_at_most: float
    received: datetime = field(default_factory=lambda: datetime.now(UTC))


class InvocationFailed(Exception):
    """The reason that SageMaker gives, and the container's response if there is one."""

    def __init__(self, reason: str, response: Response | None = None) -> None:
        super().__init__(reason)
        self.response = response


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """A model, one variant of a configuration, and the services that the endpoint uses."""

    name: str
    model: Mapping[str, Any]
    variant: Mapping[str, Any]
    output: Mapping[str, Any]  # AsyncInferenceConfig.OutputConfig
    concurrency: int  # requests in progress at the same time
    program: Program
    directory: Path
    s3: S3Client
    publish: Callable[[str, str, str], None]  # (role, topic, message)
    logs: LogSink
    grace_seconds: float


class AsyncEndpoint:
    """Starts in the background. `status` is Creating, then InService or Failed with a reason."""

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self.status, self.reason = "Creating", ""
        self.created = datetime.now(UTC)
        self._queue: queue.SimpleQueue[Invocation] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._failed = threading.Event()
        self._restarting = threading.Lock()
        self._opt_ml = OptMl(settings.directory)
        self._container = Container(settings.directory)
        self._running: Running | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=f"endpoint-{settings.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def accept(self, invocation: Invocation) -> None:
        self._queue.put(invocation)

    def end(self, seconds: float) -> None:
        """Stop it (SIGTERM, after the grace period SIGKILL), wait, and delete its files."""
        self._ended.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._prepare()
            self._start_program()
            self.status = "InService"
            concurrency = self.settings.concurrency
            with ThreadPoolExecutor(concurrency) as threads:
                contexts = [contextvars.copy_context() for _ in range(concurrency)]
                working = [threads.submit(context.run, self._work) for context in contexts]
            for each in working:
                each.result()
        except Failed as failure:
            self.status, self.reason = "Failed", failure.reason
        except Exception:
            logger.exception("endpoint %s failed", self.settings.name)
            self.status, self.reason = "Failed", "InternalServerError"
        finally:
            self._end_program()
            self._container.close()
            self._opt_ml.wipe()

    def _work(self) -> None:
        """Process one request after the other until the endpoint ends or fails."""
        try:
            while not (self._ended.is_set() or self._failed.is_set()):
                try:
                    invocation = self._queue.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                self._process(invocation)
        except BaseException:
            self._failed.set()
            raise

    def _prepare(self) -> None:
        self._opt_ml.wipe()
        for folder in (self._opt_ml.model, self._opt_ml.output, self._opt_ml.root / "tmp"):
            folder.mkdir(parents=True, mode=0o700)
        source = self._primary.get("ModelDataSource", {}).get("S3DataSource")
        if source and not download(self.settings.s3, source["S3Uri"], self._opt_ml.model):
            raise Failed(f"Could not find model data at {source['S3Uri']}.")

    @property
    def _primary(self) -> Mapping[str, Any]:
        primary: Mapping[str, Any] = self.settings.model["PrimaryContainer"]
        return primary

    def _start_program(self) -> None:
        """Raises Failed if the program ends, or is not healthy in time."""
        seconds = self.settings.variant.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", HEALTHY_WITHIN
        )
        self._running = Running(
            (*self.settings.program.command, "serve"),
            directory=self.settings.directory,
            environment={
                **self.settings.program.environment,
                **self._primary.get("Environment", {}),
                "SAGEMAKER_BASE_DIR": str(self.settings.directory),
                "TMPDIR": str(self._container.directory / "tmp"),
            },
            isolated=self.settings.model.get("EnableNetworkIsolation", False),
            protected=self._opt_ml.model,
        )
        threading.Thread(
            target=_read_output, args=(self._running, self.settings), daemon=True
        ).start()
        deadline = time.monotonic() + seconds
        while not self._container.is_healthy():
            code = self._running.wait(POLL_SECONDS)
            if code is not None:
                failure = self._opt_ml.failure_text() or "check its log"
                raise Failed(
                    "The primary container for production variant "
                    f"{self.settings.variant['VariantName']} did not pass the ping health check: "
                    f"it ended with exit code {code}: {failure}"
                )
            if self._ended.is_set():
                raise Failed("the endpoint was deleted while it started")
            if time.monotonic() > deadline:
                raise Failed(
                    "The primary container for production variant "
                    f"{self.settings.variant['VariantName']} did not pass the ping health check."
                )

    def _end_program(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        running.terminate()
        running.wait(self.settings.grace_seconds)
        running.end()

    def _process(self, invocation: Invocation) -> None:
        """Process one request, and publish its result or failure."""
        try:
            response = self._respond(invocation)
            self._write(invocation.output_uri, response)
        except InvocationFailed as failed:
            self._fail(invocation, failed)
        except S3_ERRORS as error:
            self._fail(invocation, InvocationFailed(f"InternalServerError: S3 answered: {error}"))
        else:
            self._notify(invocation, "Completed", "SuccessTopic", {})

    def _respond(self, invocation: Invocation) -> Response:
        waited = (datetime.now(UTC) - invocation.received).total_seconds()
        if waited > invocation.queued_at_most:
            raise InvocationFailed("Request expired in the queue.")
        place = Place.of(invocation.input_uri)
        try:
            body = self.settings.s3.get_object(Bucket=place.bucket, Key=place.prefix)["Body"].read()
        except S3_ERRORS as error:
            raise InvocationFailed(
                f"Failed to download data. The provided S3 URI: {invocation.input_uri} may be "
                f"incorrect or the role lacks s3:GetObject. {error}"
            ) from error
        with self._restarting:  # a request waits for the container that it is sent to
            running = self._running
        try:
            response = self._invoke(body, invocation)
        except TimeoutError as late:
            self._restart(running)
            raise InvocationFailed(
                "Model container did not respond in InvocationTimeoutSeconds."
            ) from late
        except Unreachable as gone:
            self._restart(running)
            raise InvocationFailed("Received server error (0) from primary: it ended.") from gone
        if response.status != 200:
            kind = "client" if response.status < 500 else "server"
            raise InvocationFailed(
                f"Received {kind} error ({response.status}) from primary.", response
            )
        return response

    def _invoke(self, body: bytes, invocation: Invocation) -> Response:
        """Waits until the request's timeout or the end of the endpoint."""
        outcome: list[Response | Exception] = []

        def invoke() -> None:
            try:
                headers = dict(invocation.headers)
                outcome.append(self._container.invoke(body, headers, invocation.seconds))
            except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
                outcome.append(error)

        thread = threading.Thread(target=invoke, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            if self._ended.is_set():
                raise InvocationFailed("The endpoint was deleted.")
        found = outcome[0]
        if isinstance(found, Exception):
            raise found
        return found

    def _restart(self, running: Running | None) -> None:
        """Restart a container that hangs or has ended, as SageMaker does: once, also if several
        requests fail with it."""
        with self._restarting:
            if self._running is running and not self._failed.is_set():
                self._end_program()
                if not self._ended.is_set():
                    self._start_program()

    def _fail(self, invocation: Invocation, failed: InvocationFailed) -> None:
        if failed.response and invocation.failure_uri:
            try:
                self._write(invocation.failure_uri, failed.response)
            except S3_ERRORS:
                logger.exception("a failure of endpoint %s was not written", self.settings.name)
        self._notify(invocation, "Failed", "ErrorTopic", {"failureReason": str(failed)[:1024]})

    def _write(self, uri: str, response: Response) -> None:
        place = Place.of(uri)
        extra: dict[str, Any] = {}
        if key := self.settings.output.get("KmsKeyId"):
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        self.settings.s3.put_object(
            Bucket=place.bucket,
            Key=place.prefix,
            Body=response.body,
            ContentType=response.kind,
            **extra,
        )

    def _notify(
        self, invocation: Invocation, status: str, which: str, more: Mapping[str, str]
    ) -> None:
        topic = self.settings.output.get("NotificationConfig", {}).get(which)
        if not topic:
            return
        message = {
            "awsRegion": topic.split(":")[3],
            "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "receivedTime": invocation.received.isoformat(timespec="milliseconds"),
            "invocationStatus": status,
            "requestParameters": {
                "endpointName": self.settings.name,
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
            self.settings.publish(
                self.settings.model["ExecutionRoleArn"], topic, json.dumps(message)
            )
        except Exception:
            logger.exception("a notification of endpoint %s was lost", self.settings.name)


def _read_output(running: Running, settings: EndpointSettings) -> None:
    """Read to the end even if the log store fails: an unread pipe would block the program."""
    try:
        pump(running.output, settings.logs.open(settings.name))
    except Exception:
        logger.exception("the log of endpoint %s was lost", settings.name)
        pump(running.output, lambda _lines: None)
    running.close()


def output_uris(output: Mapping[str, Any], extension: str, filename: str) -> tuple[str, str]:
    """The URIs of a request's output and failure; the latter is empty without a failure path."""
    name = uuid.uuid4().hex
    root = Place.of(output["S3OutputPath"])
    answer = root.below(extension.strip("/"), filename or f"{name}.out")
    failure = ""
    if path := output.get("S3FailurePath"):
        place = Place.of(path)
        failure = f"s3://{place.bucket}/{place.below(f'{name}-error.out')}"
    return f"s3://{root.bucket}/{answer}", failure
