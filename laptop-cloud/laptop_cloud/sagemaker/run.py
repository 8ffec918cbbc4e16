"""Runs one training job: download, train, sync, upload, delete."""

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laptop_cloud.sagemaker.checkpoints import Checkpoints
from laptop_cloud.sagemaker.errors import Failed
from laptop_cloud.sagemaker.job import TrainingJob
from laptop_cloud.sagemaker.logs import Line, LogSink, pump
from laptop_cloud.sagemaker.opt_ml import OptMl
from laptop_cloud.sagemaker.program import Program, Running
from laptop_cloud.sagemaker.transfer import Place, download, upload_archive, upload_files

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. "
    "Please retry using a different ML instance type."
)


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings of all runs."""

    logs: LogSink
    sync_seconds: float
    grace_seconds: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """One job; callers use `to_the_end`."""

    job: TrainingJob
    opt_ml: OptMl
    program: Program
    settings: RunSettings
    in_stock: bool

    def to_the_end(self) -> None:
        """Run it. The job always ends, and its directory is deleted before that."""
        ending, reason = "Failed", _INTERNAL
        try:
            self.job.publish()
            if not self.in_stock:
                raise Failed(NO_CAPACITY)
            ending, reason = self._train(), ""
        except Failed as failure:
            reason = failure.reason
        except Exception:
            logger.exception("training job %s failed", self.job.name)
        finally:
            self.opt_ml.wipe()
            self.job.finish(ending, reason)

    def _train(self) -> str:
        job = self.job
        job.began_training()
        deadline = time.monotonic() + job.request["StoppingCondition"].get(
            "MaxRuntimeInSeconds", 86_400
        )
        self.opt_ml.make(job.request)
        checkpoints = self._checkpoints()
        job.enter("Downloading")
        self._download(checkpoints)
        if job.stop_requested.is_set():
            return "Stopped"
        job.enter("Training")
        code, ending = self._run_program(checkpoints, deadline)
        if checkpoints:
            checkpoints.sync()
        job.enter("Uploading")
        failed = ending == "Completed" and code != 0
        self._upload(with_model=not failed)
        if failed:
            text = self.opt_ml.failure_text() or "See job logs for more information"
            tail = f", exit code: {code}"
            raise Failed(f"AlgorithmError: {text[: 1000 - len(tail)]}{tail}")
        return ending

    def _checkpoints(self) -> Checkpoints | None:
        config = self.job.request.get("CheckpointConfig")
        if not config:
            return None
        directory = self.opt_ml.local(config.get("LocalPath", "/opt/ml/checkpoints"))
        directory.mkdir(parents=True, exist_ok=True)
        interval = self.settings.sync_seconds
        return Checkpoints(self.job.s3, config["S3Uri"], directory, interval=interval)

    def _download(self, checkpoints: Checkpoints | None) -> None:
        for channel in self.job.request.get("InputDataConfig", ()):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            if not download(self.job.s3, uri, self.opt_ml.data / channel["ChannelName"]):
                raise Failed(f"ClientError: Data download failed:S3 key: {uri} matched no files")
        if checkpoints:
            checkpoints.restore()

    def _run_program(self, checkpoints: Checkpoints | None, deadline: float) -> tuple[int, str]:
        """The exit code, and how the job ends: Completed, Stopped or MaxRuntimeExceeded."""
        job = self.job
        running = Running(
            self.program.command + _arguments(job.request),
            directory=self.opt_ml.root,
            environment={
                **self.program.environment,
                **self.opt_ml.environment(job.request, job.arn),
            },
            isolated=job.request.get("EnableNetworkIsolation", False),
            protected=self.opt_ml.root / "input",
        )
        reader = threading.Thread(
            target=_read_output, args=(job.name, running, self.settings.logs), daemon=True
        )
        reader.start()
        if checkpoints:
            checkpoints.start()
        try:
            return _watch(job, running, deadline, self.settings.grace_seconds)
        finally:
            running.end()
            reader.join()
            running.close()
            if checkpoints:
                checkpoints.stop()

    def _upload(self, *, with_model: bool) -> None:
        config = self.job.request["OutputDataConfig"]
        root = Place.of(config["S3OutputPath"])
        place = Place(root.bucket, root.below(self.job.name, "output"))
        extra = {}
        if key := config.get("KmsKeyId"):
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        packed = config.get("CompressionType", "GZIP") == "GZIP"
        send, suffix = (upload_archive, ".tar.gz") if packed else (upload_files, "")
        s3 = self.job.s3
        if with_model:
            self.job.store_model(send(s3, self.opt_ml.model, place, "model" + suffix, extra))
        send(s3, self.opt_ml.output_data, place, "output" + suffix, extra)


def _watch(job: TrainingJob, running: Running, deadline: float, grace: float) -> tuple[int, str]:
    ending = "Completed"
    kill_at: float | None = None
    while (code := running.wait(_POLL_SECONDS)) is None:
        if job.abandoned.is_set():
            raise Failed("InternalServerError: the cloud ended while the job ran")
        now = time.monotonic()
        if kill_at is None and (job.stop_requested.is_set() or now >= deadline):
            ending = "Stopped" if job.stop_requested.is_set() else "MaxRuntimeExceeded"
            if ending == "MaxRuntimeExceeded":
                job.exceed_runtime()
            running.terminate()
            kill_at = now + grace
        elif kill_at is not None and now >= kill_at:
            running.kill()
            kill_at = float("inf")
    return code, ending


def _read_output(name: str, running: Running, logs: LogSink) -> None:
    """Read to the end even if the log store fails: an unread pipe would block the program."""
    try:
        write: Callable[[list[Line]], None] = logs.open(name)
        pump(running.output, write)
    except Exception:
        logger.exception("the log of training job %s was lost", name)
        pump(running.output, lambda lines: None)


def _arguments(request: Any) -> tuple[str, ...]:
    """SageMaker runs `docker run IMAGE train` unless the request names other arguments."""
    return tuple(request["AlgorithmSpecification"].get("ContainerArguments") or ("train",))
