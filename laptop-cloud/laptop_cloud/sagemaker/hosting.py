"""SageMaker's hosting API: models, configurations, asynchronous endpoints."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

from laptop_cloud.sagemaker.endpoint import (
    QUEUED_AT_MOST,
    RESPONSE_WITHIN,
    AsyncEndpoint,
    EndpointSettings,
    Invocation,
    output_uris,
)
from laptop_cloud.sagemaker.errors import Refused, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from laptop_cloud.sagemaker.program import Program
    from laptop_cloud.sagemaker.services import Services

CLOSE_SECONDS = 15.0


class Hosting:
    """Each operation takes JSON and returns JSON or raises Refused. Thread-safe."""

    def __init__(
        self,
        services: Services,
        *,
        directory: Path,
        programs: Mapping[str, Program],
        as_role: Callable[[str], S3Client],
        grace_seconds: float,
    ) -> None:
        self._services = services
        self._directory = directory
        self._programs = programs
        self._as_role = as_role
        self._grace = grace_seconds
        self._lock = threading.RLock()
        self._models: dict[str, dict[str, Any]] = {}
        self._configs: dict[str, dict[str, Any]] = {}
        self._endpoints: dict[str, AsyncEndpoint] = {}
        self._config_of: dict[str, str] = {}
        self.operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateModel": self._create_model,
            "DescribeModel": self._describe_model,
            "DeleteModel": self._delete_model,
            "CreateEndpointConfig": self._create_config,
            "DescribeEndpointConfig": self._describe_config,
            "DeleteEndpointConfig": self._delete_config,
            "CreateEndpoint": self._create_endpoint,
            "UpdateEndpoint": self._update_endpoint,
            "DescribeEndpoint": self._describe_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
        }

    def invoke_async(self, request: Mapping[str, Any]) -> dict[str, str]:
        """InvokeEndpointAsync: queue a request; returns where its output will be."""
        name = request["EndpointName"]
        with self._lock:
            endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise Refused("ValidationError", f"Endpoint {name} of account not found.")
        if "InputLocation" not in request:
            raise Refused("ValidationError", "InputLocation is required.")
        settings = endpoint.settings
        output, failure = output_uris(
            settings.output, request.get("S3OutputPathExtension", ""), request.get("Filename", "")
        )
        names = {"ContentType": "Content-Type", "Accept": "Accept"}
        invocation = Invocation(
            inference_id=request.get("InferenceId") or str(uuid.uuid4()),
            input_uri=request["InputLocation"],
            output_uri=output,
            failure_uri=failure,
            headers={header: request[name] for name, header in names.items() if name in request},
            seconds=float(request.get("InvocationTimeoutSeconds", RESPONSE_WITHIN)),
            queued_at_most=float(request.get("RequestTTLSeconds", QUEUED_AT_MOST)),
        )
        endpoint.accept(invocation)
        found = {"InferenceId": invocation.inference_id, "OutputLocation": output}
        return found | ({"FailureLocation": failure} if failure else {})

    def close(self) -> None:
        with self._lock:
            endpoints, self._endpoints = list(self._endpoints.values()), {}
        for endpoint in endpoints:
            endpoint.end(CLOSE_SECONDS)

    # --- models --------------------------------------------------------------------------------

    def _create_model(self, request: dict[str, Any]) -> dict[str, Any]:
        primary = request.get("PrimaryContainer")
        if not primary or not request.get("ExecutionRoleArn"):
            raise invalid(
                "PrimaryContainer and ExecutionRoleArn are required: one container is supported."
            )
        if primary.get("Image") not in self._programs:
            raise invalid(f"Cannot find image {primary.get('Image')}.")
        source = primary.get("ModelDataSource", {}).get("S3DataSource")
        if primary.get("ModelDataUrl") or (source and source["CompressionType"] != "None"):
            raise invalid("Only an uncompressed ModelDataSource is supported here.")
        self._as_role(request["ExecutionRoleArn"])
        self._services.check_role(request["ExecutionRoleArn"], "Endpoints", primary["Image"])
        name = request["ModelName"]
        return {"ModelArn": self._store(self._models, "model", name, request)}

    def _describe_model(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._find(self._models, "model", request["ModelName"])

    def _delete_model(self, request: dict[str, Any]) -> dict[str, Any]:
        self._delete(self._models, "model", request["ModelName"])
        return {}

    # --- configurations --------------------------------------------------------------------------

    def _create_config(self, request: dict[str, Any]) -> dict[str, Any]:
        variants = request["ProductionVariants"]
        if len(variants) != 1 or not variants[0].get("InstanceType"):
            raise invalid("Only one ProductionVariant, with an InstanceType, is supported here.")
        if "S3OutputPath" not in request.get("AsyncInferenceConfig", {}).get("OutputConfig", {}):
            raise invalid("Only asynchronous endpoints with an S3OutputPath are supported here.")
        self._find(self._models, "model", variants[0].get("ModelName", ""))
        name = request["EndpointConfigName"]
        arn = self._store(self._configs, "endpoint-config", name, request)
        return {"EndpointConfigArn": arn}

    def _describe_config(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._find(self._configs, "endpoint-config", request["EndpointConfigName"])

    def _delete_config(self, request: dict[str, Any]) -> dict[str, Any]:
        self._delete(self._configs, "endpoint-config", request["EndpointConfigName"])
        return {}

    # --- endpoints -------------------------------------------------------------------------------

    def _create_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointName"]
        with self._lock:
            if name in self._endpoints:
                raise invalid(f'Cannot create already existing endpoint "{self._arn(name)}".')
            self._start(name, request["EndpointConfigName"])
        return {"EndpointArn": self._arn(name)}

    def _update_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        """On AWS the old instances serve until the new ones are healthy; here they end first."""
        name = request["EndpointName"]
        self._find(self._configs, "endpoint-config", request["EndpointConfigName"])
        with self._lock:
            old = self._endpoint(name)
            old.end(self._grace + CLOSE_SECONDS)
            self._start(name, request["EndpointConfigName"])
        return {"EndpointArn": self._arn(name)}

    def _describe_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointName"]
        with self._lock:
            endpoint, config = self._endpoint(name), self._config_of[name]
        created = endpoint.created.timestamp()
        described = {
            "EndpointName": name,
            "EndpointArn": self._arn(name),
            "EndpointConfigName": config,
            "EndpointStatus": endpoint.status,
            "CreationTime": created,
            "LastModifiedTime": created,
        }
        return described | ({"FailureReason": endpoint.reason} if endpoint.reason else {})

    def _delete_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["EndpointName"]
        with self._lock:
            endpoint = self._endpoint(name)
            del self._endpoints[name]
        endpoint.end(self._grace + CLOSE_SECONDS)
        return {}

    def _start(self, name: str, config_name: str) -> None:
        config = self._find(self._configs, "endpoint-config", config_name)
        variant = config["ProductionVariants"][0]
        asynchronous = config["AsyncInferenceConfig"]
        model = self._find(self._models, "model", variant["ModelName"])
        endpoint = AsyncEndpoint(
            EndpointSettings(
                name=name,
                model=model,
                variant=variant,
                output=asynchronous["OutputConfig"],
                # Without a value, "SageMaker chooses an optimal value" (botocore's model of
                # SageMaker, AsyncInferenceClientConfig); here that is 1.
                concurrency=asynchronous.get("ClientConfig", {}).get(
                    "MaxConcurrentInvocationsPerInstance", 1
                ),
                program=self._programs[model["PrimaryContainer"]["Image"]],
                directory=self._directory / f"endpoint-{name}",
                s3=self._as_role(model["ExecutionRoleArn"]),
                publish=self._services.publish,
                logs=self._services.endpoint_logs,
                grace_seconds=self._grace,
            )
        )
        self._endpoints[name] = endpoint
        self._config_of[name] = config_name
        endpoint.start()

    def _endpoint(self, name: str) -> AsyncEndpoint:
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise invalid(f'Could not find endpoint "{self._arn(name)}".')
        return endpoint

    # --- all three -------------------------------------------------------------------------------

    def _arn(self, name: str, kind: str = "endpoint") -> str:
        return f"arn:aws:sagemaker:{self._services.region}:{self._services.account}:{kind}/{name}"

    def _store(
        self, records: dict[str, dict[str, Any]], kind: str, name: str, request: Mapping[str, Any]
    ) -> str:
        arn = self._arn(name, kind)
        with self._lock:
            if name in records:
                raise invalid(f'Cannot create already existing {kind} "{arn}".')
            noun = {"model": "Model", "endpoint-config": "EndpointConfig"}[kind]
            records[name] = {**request, f"{noun}Arn": arn}
        return arn

    def _find(self, records: dict[str, dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
        with self._lock:
            found = records.get(name)
        if found is None:
            raise invalid(f'Could not find {kind} "{self._arn(name, kind)}".')
        return found

    def _delete(self, records: dict[str, dict[str, Any]], kind: str, name: str) -> None:
        with self._lock:
            self._find(records, kind, name)
            del records[name]
