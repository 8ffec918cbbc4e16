"""Gap: a distributed Map runs as on AWS: with the machine's role, in batches, with its limits.

Sources, all of the Step Functions Developer Guide: "Using Map state in Distributed mode",
"ItemReader (Map)", "ItemBatcher (Map)", "ResultWriter (Map)", "IAM policies for using Distributed
Map states".
"""

from __future__ import annotations

import contextvars
import copy
import json
import threading
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from laptop_cloud.extension import roles, workflow_tasks
from laptop_cloud.extension.integrations import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = Any

LIMIT_BYTES = workflow_tasks.LIMIT_BYTES
THREADS = 64  # AWS starts up to 10,000 executions
EXPRESS_S = 300  # an express execution takes at most five minutes
POLL_S = 0.1
READABLE = {"JSON", "JSONL", "CSV"}
COUNTS = (
    *("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total"),
    *("resultsWritten", "failuresNotRedrivable", "pendingRedrive"),
)
OUTCOMES = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut"}


def install() -> None:
    stepfunctions._run_distributed_map = run_distributed_map


def failure(error: str, cause: str) -> Exception:
    return stepfunctions._ExecutionError(error, cause)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Scope:
    """A Map state and what its fields may refer to."""

    state: dict[str, Any]
    raw_input: Json
    effective: Json
    context: dict[str, Any]

    @property
    def jsonata(self) -> bool:
        return bool(stepfunctions._state_query_language(self.state, self.context) == "JSONata")

    def fill(self, template: Json, context: dict[str, Any] | None = None) -> Json:
        context = self.context if context is None else context
        if self.jsonata:
            return stepfunctions._apply_jsonata_template(template, self.raw_input, context)
        return stepfunctions._resolve_params_obj(template, self.effective, context)

    def at(self, path: str) -> Json:
        return stepfunctions._resolve_path_or_ctx(path, self.effective, self.context)

    def arguments(self, part: dict[str, Any]) -> dict[str, Any]:
        return dict(self.fill(part.get("Arguments" if self.jsonata else "Parameters", {})))


@dataclass
class MapRun:
    """A Map Run and its child executions, in the order of their items."""

    scope: Scope
    parent: dict[str, Any]
    role: str
    view: dict[str, Any]
    label: str
    children: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, child: dict[str, Any], was: str, now: str) -> None:
        with self.lock:
            for counts, many in (("itemCounts", child["_items"]), ("executionCounts", 1)):
                self.view[counts][was] -= many
                self.view[counts][now] += many

    def exceeded(self) -> bool:
        """Whether more items failed than the state tolerates; without a tolerance, one."""
        with self.lock:
            counts = self.view["itemCounts"]
            failed = counts["failed"] + counts["timedOut"]
        state, limits = self.scope.state, []
        if "ToleratedFailureCount" in state:
            limits.append(failed > state["ToleratedFailureCount"])
        if "ToleratedFailurePercentage" in state:
            limits.append(failed * 100 > state["ToleratedFailurePercentage"] * counts["total"])
        return bool(failed) and (any(limits) if limits else True)


def run_distributed_map(  # noqa: PLR0917 - MiniStack's signature
    state: dict[str, Any],
    raw_input: Json,
    effective: Json,
    processor: dict[str, Any],
    execution: dict[str, Any],
    context: dict[str, Any],
) -> tuple[Json, str | None]:
    role = workflow_tasks.machine_of(execution)["roleArn"]
    kind = processor["ProcessorConfig"].get("ExecutionType")
    if kind not in {"STANDARD", "EXPRESS"}:
        raise failure(
            "States.Runtime", "A distributed Map needs the ExecutionType of its children."
        )
    scope = Scope(state, raw_input, effective, context)
    run = begin(scope, execution, role)
    items = [select(scope, number, item) for number, item in enumerate(read_items(scope, role))]
    for given, many in batches(scope, items):
        text = json.dumps(given)
        if len(text.encode()) > LIMIT_BYTES:
            raise failure(
                "States.DataLimitExceeded", "The input of a child execution is too large."
            )
        run.children.append(child_of(run, text, many))
    total(run, len(items))
    try:
        follow(run, processor, kind)
    finally:
        run.view["stopDate"] = now_iso()
    return output(scope, write_results(run)), stepfunctions._next_or_end(state)


def begin(scope: Scope, execution: dict[str, Any], role: str) -> MapRun:
    """Raises unless the role may start, describe and stop child executions: the documented least
    privileges. AWS documents no error name for it."""
    state = scope.state
    machine = execution["stateMachineArn"].partition("/")[0]
    label = state.get("Label") or str(uuid.uuid4())
    execution_arn = machine.replace(":stateMachine:", ":execution:")
    wanted = [("states:StartExecution", [machine])]
    for action in ("states:DescribeExecution", "states:StopExecution"):
        wanted.append((action, [f"{execution_arn}:id", f"{execution_arn}/{label}:id"]))
    for action, resources in wanted:
        if not any(roles.allows(role, action, one) for one in resources):
            raise failure(
                "States.Permissions",
                f"The role {role} is not authorized to perform: {action} on resource: "
                f"{resources[0]}",
            )
    view = {
        "mapRunArn": f"{machine.replace(':stateMachine:', ':mapRun:')}/{label}:{uuid.uuid4()}",
        "executionArn": execution["executionArn"],
        "status": "RUNNING",
        "startDate": now_iso(),
        "maxConcurrency": int(state.get("MaxConcurrency") or 0),
        "toleratedFailurePercentage": float(state.get("ToleratedFailurePercentage") or 0),
        "toleratedFailureCount": int(state.get("ToleratedFailureCount") or 0),
        "itemCounts": dict.fromkeys(COUNTS, 0),
        "executionCounts": dict.fromkeys(COUNTS, 0),
        "redriveCount": 0,
        "_stateMachineArn": f"{machine}/{label}",
    }
    stepfunctions._map_runs[view["mapRunArn"]] = view
    return MapRun(scope, execution, role, view, label)


def total(run: MapRun, items: int) -> None:
    run.view["itemCounts"] |= {"total": items, "pending": items}
    run.view["executionCounts"] |= {"total": len(run.children), "pending": len(run.children)}


# ---------------------------------------------------------------- items


def read_items(scope: Scope, role: str) -> list[Json]:
    state = scope.state
    if "ItemReader" in state:
        return read_dataset(scope, state["ItemReader"], role)
    if "Items" in state:
        found = stepfunctions._jsonata_state_field(
            state, "Items", "array", scope.raw_input, scope.context
        )
    else:
        found = scope.at(state.get("ItemsPath", "$"))
    return found if isinstance(found, list) else [found]


def read_dataset(scope: Scope, reader: dict[str, Any], role: str) -> list[Json]:
    """Objects of a listing, or the items in a file; S3 is called with the role."""
    config = reader.get("ReaderConfig", {})
    given = scope.arguments(reader)
    try:
        s3 = roles.client("s3", role, "states", PRINCIPAL)
        if reader["Resource"].endswith("s3:listObjectsV2"):
            items = listed(s3, given)
            if config.get("Transformation") == "LOAD_AND_FLATTEN":
                each = ({"Bucket": given["Bucket"], "Key": one["Key"]} for one in items)
                items = [item for one in each for item in load(s3, one, config)]
        else:
            items = load(s3, given, config)
    except (ClientError, BotoCoreError, ValueError, KeyError, roles.RoleRefused) as error:
        raise failure("States.ItemReaderFailed", str(error)) from error
    if not isinstance(items, list):
        raise failure("States.ItemReaderFailed", "The dataset is not an array.")
    path = config.get("MaxItemsPath")
    most = scope.at(path) if path else config.get("MaxItems")
    return items[: int(most)] if most else items


def listed(s3: Any, given: dict[str, Any]) -> list[Json]:
    pages = s3.get_paginator("list_objects_v2").paginate(**given)
    return [
        {
            "Etag": one["ETag"],
            "Key": one["Key"],
            "LastModified": int(one["LastModified"].timestamp()),
            "Size": one["Size"],
            "StorageClass": one.get("StorageClass", "STANDARD"),
        }
        for page in pages
        for one in page.get("Contents", [])
    ]


def load(s3: Any, where: dict[str, Any], config: dict[str, Any]) -> Json:
    if (kind := config.get("InputType", "JSON")) not in READABLE:
        raise ValueError(f"The laptop cloud reads no {kind}, only {', '.join(sorted(READABLE))}.")
    text = s3.get_object(**where)["Body"].read().decode()
    return stepfunctions._parse_reader_items(text, config)


def select(scope: Scope, number: int, item: Json) -> Json:
    selector = scope.state.get("ItemSelector") or scope.state.get("Parameters")
    if not selector:
        return item
    own = copy.deepcopy(scope.context) | {"Map": {"Item": {"Index": number, "Value": item}}}
    return scope.fill(selector, own)


def batches(scope: Scope, items: list[Json]) -> Iterator[tuple[Json, int]]:
    """The input of each child, and how many items it has."""
    batcher = scope.state.get("ItemBatcher")
    if not batcher:
        for item in items:
            yield item, 1
        return

    def limit(name: str, otherwise: int) -> int:
        if path := batcher.get(f"{name}Path"):
            return int(scope.at(path))
        return int(batcher.get(name, otherwise))

    most = limit("MaxItemsPerBatch", max(len(items), 1))
    size = min(limit("MaxInputBytesPerBatch", LIMIT_BYTES), LIMIT_BYTES)
    shared = {}
    if "BatchInput" in batcher:
        shared = {"BatchInput": scope.fill(batcher["BatchInput"])}
    empty = len(json.dumps({**shared, "Items": []}))
    batch: list[Json] = []
    taken = empty
    for item in items:
        more = len(json.dumps(item).encode()) + 2
        if batch and (len(batch) == most or taken + more > size):
            yield {**shared, "Items": batch}, len(batch)
            batch, taken = [], empty
        batch.append(item)
        taken += more
    if batch:
        yield {**shared, "Items": batch}, len(batch)


# ---------------------------------------------------------------- child executions


def child_of(run: MapRun, given: str, items: int) -> dict[str, Any]:
    name = str(uuid.uuid4())
    machine = run.view["_stateMachineArn"]
    return {
        "executionArn": f"{machine.replace(':stateMachine:', ':execution:')}:{name}",
        "stateMachineArn": machine,
        "name": name,
        "status": "PENDING",
        "startDate": None,
        "stopDate": None,
        "input": given,
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": {"included": True},
        "mapRunArn": run.view["mapRunArn"],
        "events": [],
        "testCase": run.parent.get("testCase"),
        "mockAttempts": {},
        "_items": items,
    }


def follow(run: MapRun, processor: dict[str, Any], kind: str) -> None:
    """Run the children. If the parent ends or too many failed, those that run are aborted."""
    most = run.view["maxConcurrency"] or THREADS
    waiting: set[Future[None]] = set()
    with ThreadPoolExecutor(min(most, THREADS)) as pool:
        for child in run.children:
            own = contextvars.copy_context()
            waiting.add(pool.submit(own.run, run_child, run, child, processor, kind))
        while waiting:
            done, waiting = wait(waiting, POLL_S, FIRST_COMPLETED)
            for one in done:
                one.result()
            stopped = run.parent["status"] != "RUNNING"
            if stopped or run.exceeded():
                abort(run, "ABORTED" if stopped else "FAILED")
                break
    if run.view["status"] == "ABORTED":
        raise workflow_tasks.ended()
    if run.view["status"] == "FAILED":
        raise failure(
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )
    run.view["status"] = "SUCCEEDED"


def abort(run: MapRun, status: str) -> None:
    """Those that did not start stay pending."""
    run.view["status"] = status
    for child in run.children:
        end(run, child, "ABORTED")


def run_child(run: MapRun, child: dict[str, Any], processor: dict[str, Any], kind: str) -> None:
    if run.view["status"] != "RUNNING" or run.exceeded():  # which `follow` may not have seen yet
        return
    child |= {"status": "RUNNING", "startDate": now_iso()}
    stepfunctions._executions[child["executionArn"]] = child
    run.count(child, "pending", "running")
    clock = threading.Timer(EXPRESS_S, end, (run, child, "TIMED_OUT"))
    clock.daemon = True
    if kind == "EXPRESS":
        clock.start()
    try:
        result = stepfunctions._run_sub_machine(
            processor["States"],
            processor["StartAt"],
            json.loads(child["input"]),
            child,
            copy.deepcopy(run.scope.context),
        )
        workflow_tasks.limit(result, run.label)
        end(run, child, "SUCCEEDED", output=json.dumps(result))
    except stepfunctions._ExecutionError as error:
        end(run, child, "FAILED", error=error.error, cause=error.cause)
    except Exception as error:  # noqa: BLE001 - whatever ends a child, the Map Run counts it
        end(run, child, "FAILED", error="States.Runtime", cause=str(error))
    finally:
        clock.cancel()


def end(run: MapRun, child: dict[str, Any], status: str, **more: Any) -> None:
    """A child ends once: what was aborted or timed out does not succeed later. One that was stopped
    by itself is counted as aborted."""
    with run.lock:
        if child.get("_ended") or child["status"] == "PENDING":
            return
        child["_ended"] = True
        if child["status"] == "RUNNING":
            child |= {"status": status, "stopDate": now_iso(), **more}
    run.count(child, "running", OUTCOMES.get(child["status"], "aborted"))


# ---------------------------------------------------------------- results


def write_results(run: MapRun) -> Json:
    """The results, or where they were written. A child that failed appears with its metadata."""
    writer = run.scope.state.get("ResultWriter", {})
    exported = "Resource" in writer
    config = writer.get("WriterConfig", {})
    form = config.get("Transformation", "NONE" if exported else "COMPACT")
    results: dict[str, list[Json]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    in_order: list[Json] = []
    for child in run.children:
        succeeded = child["status"] == "SUCCEEDED"
        shown = json.loads(child["output"]) if succeeded and form != "NONE" else described(child)
        flat = shown if form == "FLATTEN" and succeeded and isinstance(shown, list) else [shown]
        results[child["status"] if child["status"] in results else "FAILED"] += flat
        in_order += flat
    if not exported:
        return in_order
    given = run.scope.arguments(writer)
    folder = "/".join([*filter(None, [given.get("Prefix", "").strip("/")]), str(uuid.uuid4())])
    lines = config.get("OutputType") == "JSONL"
    files: dict[str, list[Json]] = {status: [] for status in results}
    try:
        s3 = roles.client("s3", run.role, "states", PRINCIPAL)
        for status, found in results.items():
            if found:
                text = "\n".join(map(json.dumps, found)) if lines else json.dumps(found)
                key = f"{folder}/{status}_0.json{'l' if lines else ''}"
                s3.put_object(Bucket=given["Bucket"], Key=key, Body=text.encode())
                files[status].append({"Key": key, "Size": len(text.encode())})
        manifest = {
            "DestinationBucket": given["Bucket"],
            "MapRunArn": run.view["mapRunArn"],
            "ResultFiles": files,
        }
        key = f"{folder}/manifest.json"
        s3.put_object(Bucket=given["Bucket"], Key=key, Body=json.dumps(manifest).encode())
    except (ClientError, BotoCoreError, KeyError, roles.RoleRefused) as error:
        raise failure("States.ResultWriterFailed", str(error)) from error
    run.view["itemCounts"]["resultsWritten"] = run.view["itemCounts"]["total"]
    run.view["executionCounts"]["resultsWritten"] = len(run.children)
    return {
        "MapRunArn": run.view["mapRunArn"],
        "ResultWriterDetails": {"Bucket": given["Bucket"], "Key": key},
    }


def described(child: dict[str, Any]) -> Json:
    names = (
        *("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate"),
        *("input", "output", "error", "cause"),
    )
    found = {one[0].upper() + one[1:]: child[one] for one in names if child.get(one) is not None}
    return found | {"InputDetails": {"Included": True}, "RedriveCount": 0}


def output(scope: Scope, results: Json) -> Json:
    """Where the results go in the state's output, as MiniStack does it for an inline Map."""
    state, raw_input, context = scope.state, scope.raw_input, scope.context
    if scope.jsonata:
        found = stepfunctions._apply_jsonata_output(
            state, raw_input, context, result=results, default=results
        )
        stepfunctions._apply_state_assign(state, raw_input, context, result=results)
        return found
    selected = stepfunctions._apply_result_selector(state, results)
    placed = stepfunctions._apply_result_path(state, raw_input, selected)
    return stepfunctions._apply_output_path(state, placed, context)
