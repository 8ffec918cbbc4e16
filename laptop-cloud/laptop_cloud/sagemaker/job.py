"""One training job as DescribeTrainingJob and events show it."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}
_FINAL = frozenset({"Completed", "Failed", "Stopped"})
_SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "TrainingJobStatus",
    "SecondaryStatus",
)


class TrainingJob:
    """Changes are recorded as transitions and passed to `announce` in their order.

    `announce` is called outside the lock, so that it may call SageMaker itself.
    """

    def __init__(
        self,
        request: Mapping[str, Any],
        *,
        arn: str,
        role_credentials: Any,
        announce: Callable[[dict[str, Any]], None],
    ) -> None:
        self.request = request
        self.arn = arn
        self.name: str = request["TrainingJobName"]
        self.s3 = role_credentials
        self.stop_requested = threading.Event()
        self.abandoned = threading.Event()
        self._announce = announce
        self._lock = threading.Lock()
        self._announcing = threading.RLock()  # `announce` may stop the job
        self._pending: deque[dict[str, Any]] = deque()
        now = datetime.now(UTC)
        self._status: dict[str, Any] = {"TrainingJobStatus": "InProgress", "CreationTime": now}
        self._artifacts = ""
        self._transitions: list[dict[str, Any]] = []
        with self._lock:
            self._enter("Starting", now)

    @property
    def created(self) -> datetime:
        moment: datetime = self._status["CreationTime"]
        return moment

    @property
    def instance_type(self) -> str:
        kind: str = self.request["ResourceConfig"]["InstanceType"]
        return kind

    @property
    def ended(self) -> bool:
        return self.status in _FINAL

    @property
    def status(self) -> str:
        with self._lock:
            status: str = self._status["TrainingJobStatus"]
            return status

    def began_training(self) -> None:
        with self._lock:
            self._status["TrainingStartTime"] = datetime.now(UTC)

    def enter(self, secondary: str) -> None:
        """Enter another secondary status; the job still runs."""
        with self._lock:
            self._enter(secondary, datetime.now(UTC))
        self.publish()

    def ask_to_stop(self) -> str | None:
        """Mark the job as Stopping; returns the status if the job cannot be stopped."""
        with self._lock:
            status: str = self._status["TrainingJobStatus"]
            if status != "InProgress":
                return status
            self._status["TrainingJobStatus"] = "Stopping"
            self._enter("Stopping", datetime.now(UTC))
        self.stop_requested.set()
        self.publish()
        return None

    def exceed_runtime(self) -> None:
        with self._lock:
            self._status["TrainingJobStatus"] = "Stopping"
            self._enter("Stopping", datetime.now(UTC))
        self.publish()

    def store_model(self, uri: str | None) -> None:
        with self._lock:
            self._artifacts = uri or ""

    def finish(self, secondary: str, reason: str = "") -> None:
        """End as Completed, Failed, Stopped or MaxRuntimeExceeded; a requested stop wins."""
        with self._lock:
            if self._status["TrainingJobStatus"] == "Stopping" and secondary == "Completed":
                secondary = "Stopped"
            now = datetime.now(UTC)
            status = "Stopped" if secondary == "MaxRuntimeExceeded" else secondary
            self._status["TrainingJobStatus"] = status
            if reason:
                self._status["FailureReason"] = reason
            if began := self._status.get("TrainingStartTime"):
                self._status["TrainingEndTime"] = now
                seconds = max(1, round((now - began).total_seconds()))
                self._status["TrainingTimeInSeconds"] = seconds
                self._status["BillableTimeInSeconds"] = seconds
            self._enter(secondary, now, reason)
            self._transitions[-1]["EndTime"] = now
        self.publish()

    def describe(self) -> dict[str, Any]:
        """The response: times in seconds since the epoch."""
        with self._lock:
            return self._record(datetime.timestamp)

    def summary(self) -> dict[str, Any]:
        described = self.describe()
        return {name: described[name] for name in _SUMMARY if name in described}

    def publish(self) -> None:
        """Pass on pending changes, one thread at a time so that their order is kept."""
        with self._announcing:
            while self._pending:
                self._announce(self._pending.popleft())

    def _enter(self, secondary: str, now: datetime, reason: str = "") -> None:
        if self._transitions:
            self._transitions[-1].setdefault("EndTime", now)
        self._transitions.append(
            {"Status": secondary, "StartTime": now, "StatusMessage": reason or _MESSAGES[secondary]}
        )
        self._status["SecondaryStatus"] = secondary
        self._status["LastModifiedTime"] = now
        # "Events that Amazon SageMaker AI sends to Amazon EventBridge": times are milliseconds as
        # text, and tags a map.
        event = self._record(lambda moment: str(int(moment.timestamp() * 1000)))
        event["Tags"] = {tag["Key"]: tag["Value"] for tag in self.request.get("Tags", ())}
        self._pending.append(event)

    def _record(self, clock: Callable[[datetime], float | str]) -> dict[str, Any]:
        def plain(record: Mapping[str, Any]) -> dict[str, Any]:
            return {k: clock(v) if isinstance(v, datetime) else v for k, v in record.items()}

        return {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            "TrainingJobArn": self.arn,
            **plain(self._status),
            "SecondaryStatusTransitions": [plain(step) for step in self._transitions],
            "ModelArtifacts": {"S3ModelArtifacts": self._artifacts},
        }
