"""Gap: a template may have SageMaker models, endpoint configurations and endpoints."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import provisioners, stacks

from laptop_cloud.extension.sagemaker_service import sagemaker

if TYPE_CHECKING:
    from laptop_cloud.extension.provisioning import Properties

ENDPOINT = "AWS::SageMaker::Endpoint"
READY_WITHIN = 600.0  # s
POLL_SECONDS = 0.1

_runs_on_worker_thread = stacks._runs_on_worker_thread


def install() -> None:
    for kind in ("Model", "EndpointConfig", "Endpoint"):
        provisioners._RESOURCE_HANDLERS[f"AWS::SageMaker::{kind}"] = Provisioner(kind).handler()
    stacks._runs_on_worker_thread = runs_on_worker_thread


def runs_on_worker_thread(resource_type: str) -> bool:
    """Creating an endpoint waits for it, and it reads its weights from this process."""
    return resource_type == ENDPOINT or bool(_runs_on_worker_thread(resource_type))


@dataclass(frozen=True, slots=True)
class Provisioner:
    """One of the three types, by its name in the API."""

    kind: str

    def handler(self) -> dict[str, Any]:
        return {
            "create": self.create,
            "update": self.update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }

    def create(
        self, logical_id: str, properties: Properties, stack: str
    ) -> tuple[str, dict[str, str]]:
        name = properties.get(f"{self.kind}Name") or self._generated_name(
            logical_id, properties, stack
        )
        request = {**plain(properties), f"{self.kind}Name": name}
        answer = ask(f"Create{self.kind}", request)
        if self.kind == "Endpoint":
            wait_until_in_service(name)
        arn = answer[f"{self.kind}Arn"]
        return arn, {f"{self.kind}Name": name, f"{self.kind}Arn": arn}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> tuple[str, dict[str, str]]:
        """An endpoint is updated in place; the others are created again."""
        name = name_of(physical_id)
        if self.kind != "Endpoint":
            if plain(old) == plain(new):
                return physical_id, {f"{self.kind}Name": name, f"{self.kind}Arn": physical_id}
            return self.create(logical_id, new, stack)
        ask(
            "UpdateEndpoint",
            {"EndpointName": name, "EndpointConfigName": new["EndpointConfigName"]},
        )
        wait_until_in_service(name)
        return physical_id, {"EndpointName": name, "EndpointArn": physical_id}

    def delete(self, physical_id: str, _properties: Properties) -> None:
        status, answer = sagemaker().handle(
            f"Delete{self.kind}", {f"{self.kind}Name": name_of(physical_id)}
        )
        if status != 200 and "Could not find" not in answer["message"]:
            raise ValueError(answer["message"])

    def _generated_name(self, logical_id: str, properties: Properties, stack: str) -> str:
        """A generated name, which differs for other properties."""
        digest = hashlib.sha256(repr(sorted(plain(properties).items())).encode()).hexdigest()
        return f"{stack[:30].rstrip('-')}-{logical_id}-{digest[:12]}"


def ask(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    status, answer = sagemaker().handle(operation, request)
    if status != 200:
        raise ValueError(f"{operation}: {answer['message']}")
    return answer


def wait_until_in_service(name: str) -> None:
    """Raises ValueError with the endpoint's reason if it fails or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while True:
        about = ask("DescribeEndpoint", {"EndpointName": name})
        if about["EndpointStatus"] == "InService":
            return
        if about["EndpointStatus"] == "Failed" or time.monotonic() > deadline:
            sagemaker().handle("DeleteEndpoint", {"EndpointName": name})
            raise ValueError(about.get("FailureReason") or f"endpoint {name} is not ready in time")
        time.sleep(POLL_SECONDS)


def plain(value: Any) -> Any:
    """Properties as the API takes them: a template's text as number or boolean."""
    if isinstance(value, dict):
        return {key: plain_member(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


NUMBERS = ("Count", "Seconds", "PerInstance", "InGB", "Weight")
BOOLEANS = {"EnableNetworkIsolation"}


def plain_member(key: str, value: Any) -> Any:
    if key in BOOLEANS:
        return str(value).lower() == "true"
    if key.endswith(NUMBERS) and isinstance(value, str):
        return float(value) if "." in value or key.endswith("Weight") else int(value)
    return plain(value)


def name_of(physical_id: str) -> str:
    return physical_id.rsplit("/", 1)[-1]
