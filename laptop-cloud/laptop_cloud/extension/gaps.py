"""The table of MiniStack's gaps: shipped behaviour, the extension's behaviour, touched code."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MINISTACK = "1.5.33"


class UnexpectedMinistack(Exception):
    """The installed MiniStack is not the one that the extension is written for."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap of MiniStack, closed by `laptop_cloud.extension.<name>.install()`.

    `touches` maps each private object that is replaced or relied upon ("module:name") to the
    digest of its source, so that an upgrade fails at the start instead of misbehaving later.
    """

    name: str
    ships: str
    does: str
    touches: Mapping[str, str] = field(default_factory=dict)

    def install(self) -> None:
        import_module(f"laptop_cloud.extension.{self.name}").install()


CFN = "ministack.services.cloudformation.provisioners"
ENGINE = "ministack.services.cloudformation.engine"
SFN = "ministack.services.stepfunctions"
LAMBDA = "ministack.services.lambda_svc"
CLOUDWATCH = "ministack.services.cloudwatch"
LOGS = "ministack.services.cloudwatch_logs"
RUNTIME = "ministack.core.lambda_runtime"
EVENTS = "ministack.services.eventbridge"
IAM = "ministack.core.iam_evaluator"
ACTIONS = "ministack.core.iam_actions"
APIGATEWAY = "ministack.services.apigateway"
DYNAMODB = "ministack.services.dynamodb"
COGNITO = "ministack.services.cognito"

GAPS: tuple[Gap, ...] = (
    Gap(
        name="loopback_transport",
        ships="a bucket policy that requires TLS refuses every call: the laptop speaks HTTP",
        does="counts the loopback interface as secure transport",
        touches={
            f"{IAM}:pin_request_origin": "de819c1bd9ac2be4",
            "ministack.app:app": "ab1297bd6cd59811",
        },
    ),
    Gap(
        name="service_permissions",
        ships="calls to unknown services are not checked; a schedule's group is "
        "not part of its ARN",
        does="adds resource ARNs of sagemaker, rekognition and schedules in a group; a function's "
        "ARN has its qualifier, a state machine's has none",
        touches={
            f"{ACTIONS}:extract_iam_action": "ec476b92d969822b",
            f"{ACTIONS}:extract_resource_arn": "82f51700695c62fd",
            f"{ACTIONS}:_match_rest_action": "c6b81e4ab5674e1d",
        },
    ),
    Gap(
        name="signing_conditions",
        ships="kms:SigningAlgorithm and kms:MessageType are unknown, so a policy that names one "
        "refuses every signature",
        does="takes both from the request",
        touches={f"{ACTIONS}:request_tag_context": "d46adb816e024778"},
    ),
    Gap(
        name="leading_keys",
        ships="dynamodb:LeadingKeys is unknown, so a policy that binds a role to partition keys "
        "allows every key",
        does="takes the keys from the request; checks a transaction item by item and as a whole",
        touches={
            f"{ACTIONS}:dynamodb_service_context": "0f0021bdc8a3f13c",
            f"{ACTIONS}:dynamodb_transaction_checks": "684e748338e8727f",
            f"{ACTIONS}:_DYNAMODB_TRANSACT_ITEM_ACTIONS": "088b2ad55e587303",
            f"{IAM}:enforce": "cf64b1ee5b099c8f",
            f"{DYNAMODB}:_resolve_index_keys": "b8b98638729f9984",
            f"{DYNAMODB}:_extract_key_val": "faaaf17a7c3923b4",
            f"{DYNAMODB}:_extract_pk_from_condition": "ccfbde309b059f99",
            f"{DYNAMODB}:_extract_pk_from_key_conditions": "b91b098bf3c5497e",
            "ministack.app:_dispatch_service_request": "17e5ef6dcfa0d4e6",
        },
    ),
    Gap(
        name="encryption_permissions",
        ships="objects in a KMS-encrypted bucket are served without any permission on the key",
        does="requires kms:GenerateDataKey to write and kms:Decrypt to read, as S3 does",
        touches={
            "ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f",
            f"{IAM}:resolve_principal": "b6c6131e24bf22f0",
            f"{IAM}:combine_resource_policy": "3972f81213f8b84b",
        },
    ),
    Gap(
        name="post_forms",
        ships="a form may have fields after its file, several files and any size; an unsigned form "
        "and Signature Version 2 are accepted",
        does="reads a form of a presigned POST as S3 does, with its errors",
        touches={
            "ministack.services.s3:_parse_multipart_form": "89053520afd7675a",
            "ministack.services.s3:_post_object": "8d1de1398ac73ddb",
        },
    ),
    Gap(
        name="missing_objects",
        ships="every caller that may read an object learns that it is missing",
        does="returns 403, not 404, to a caller without s3:ListBucket, as S3 does",
        touches={
            "ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f",
            f"{IAM}:enforce": "cf64b1ee5b099c8f",
            "ministack.services.s3:_error": "7a708a97c4bd72fb",
        },
    ),
    Gap(
        name="rekognition_service",
        ships="no Rekognition",
        does="checks the caller's permission for the object, calls the project's models and "
        "publishes the metric of successful calls",
        touches={
            "ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f",
            f"{IAM}:enforce": "cf64b1ee5b099c8f",
        },
    ),
    Gap(
        name="account_quotas",
        ships="no service throttles",
        does="with --quotas aws, Rekognition and KMS throttle at the default rates of an account",
        touches={"ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f"},
    ),
    Gap(
        name="sagemaker_service",
        ships="no SageMaker",
        does="runs training jobs and asynchronous endpoints as processes, with their role, and "
        "sends their events; refuses a role without the permissions that AWS documents",
        touches={
            "ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f",
            f"{EVENTS}:_put_events": "ebcda0f38061fc62",
        },
    ),
    Gap(
        name="sagemaker_resources",
        ships="no SageMaker in templates",
        does="creates models, endpoint configurations and endpoints by the SageMaker API",
        touches={
            f"{CFN}:_provision_resource": "3b8f01fb187141b6",
            f"{CFN}:_update_resource": "21b9b1207f59a864",
            "ministack.services.cloudformation.stacks:_runs_on_worker_thread": "23955511141f8481",
        },
    ),
    Gap(
        name="function_aliases",
        ships="an alias ignores its weights; an event for an alias has the settings of $LATEST",
        does="chooses a version by weight for each invocation; an event has the settings of the "
        "qualifier that was invoked",
        touches={
            f"{LAMBDA}:_effective_func_record_for_qualifier": "9347cb8fd2dc4d9c",
            f"{LAMBDA}:_invoke": "ab193779e5c2ea94",
            f"{LAMBDA}:_qualifier_from_path_or_query": "2f53beb0720e4a50",
        },
    ),
    Gap(
        name="gradual_deployments",
        ships="no CodeDeploy; an UpdatePolicy is ignored, so an alias changes at once",
        does="shifts the alias by weight as its deployment group says, while its alarms are "
        "watched; sets it back and fails the update when one goes off",
        touches={
            f"{CFN}:_lambda_alias_update": "7388cbd3408c1ecf",
            "ministack.services.cloudformation.stacks:_runs_on_worker_thread": "23955511141f8481",
        },
    ),
    Gap(
        name="budget_resources",
        ships="no budgets in templates",
        does="creates them by the Budgets API; refuses a topic that Budgets may not publish to",
        touches={
            f"{CFN}:_provision_resource": "3b8f01fb187141b6",
            f"{CFN}:_update_resource": "21b9b1207f59a864",
            f"{IAM}:_resource_policy": "dec265f9a9030695",
        },
    ),
    Gap(
        name="topic_delivery",
        ships="SNS calls a function once, without a permission check, and drops what fails",
        does="checks the function's resource policy and invokes it asynchronously, with retries; "
        "what cannot be delivered goes to the subscription's dead-letter queue",
        touches={"ministack.services.sns:_deliver_to_lambda": "aa6b8a8c312e182a"},
    ),
    Gap(
        name="http_api_body",
        ships="an HttpApi's OpenAPI Body is dropped: no route, authorizer or CORS",
        does="imports it by the API Gateway API",
        touches={
            f"{CFN}:_apigw_v2_api_create": "0002e18b41984434",
            f"{CFN}:_apigw_v2_api_update": "d12d60c12ed7d9aa",
        },
    ),
    Gap(
        name="signed_routes",
        ships="a route with IAM authorisation accepts another kind of Authorization header",
        does="refuses requests without a signature",
        touches={
            "ministack.app:_enforce_execute_api": "41e437c7b90d9878",
            "ministack.app:_execute_api_authorization_type": "a765d2e4bf87f535",
        },
    ),
    Gap(
        name="http_api_permissions",
        ships="an HTTP API calls every function, whatever its resource policy says",
        does="returns 500 unless the policy of the function or of its alias allows the route",
        touches={
            f"{APIGATEWAY}:_invoke_lambda_proxy": "fbe5024fcd36643f",
            f"{APIGATEWAY}:_extract_lambda_ref_from_integration_uri": "9454805a7592f641",
        },
    ),
    Gap(
        name="http_api_limits",
        ships="an HTTP API accepts any body, waits for ever and returns the errors of functions",
        does="refuses bodies above 10 MB, waits for the integration's timeout, hides errors",
        touches={
            f"{APIGATEWAY}:handle_execute": "c7a2f92d7eb6b8d5",
            f"{APIGATEWAY}:_invoke_lambda_proxy": "fbe5024fcd36643f",
            f"{LAMBDA}:lambda_execute_result_to_api_proxy_response": "36f0ed215e854cb7",
            f"{LAMBDA}:_execute_function_with_config_scope": "26a9d5f64e175204",
        },
    ),
    Gap(
        name="bucket_properties",
        ships="a bucket's encryption, lifecycle, ownership and Object Lock are dropped",
        does="sets them by the S3 API",
        touches={f"{CFN}:_s3_create": "477b78a3cb150dfd", f"{CFN}:_s3_update": "1d4f3f6390bb209c"},
    ),
    Gap(
        name="table_properties",
        ships="a table's TTL, point-in-time recovery and encryption are dropped",
        does="sets them by the DynamoDB API",
        touches={
            f"{CFN}:_ddb_create": "277586e016c693bd",
            f"{CFN}:_ddb_update": "0665980ffdd06491",
        },
    ),
    Gap(
        name="function_properties",
        ships="a function's reserved concurrency and dead-letter queue are dropped",
        does="sets them by the Lambda API",
        touches={
            f"{CFN}:_lambda_create": "8b2cf80e961d92ee",
            f"{CFN}:_lambda_update": "4855410e37d7a80d",
        },
    ),
    Gap(
        name="machine_properties",
        ships="a definition in YAML deploys and fails its first execution; log settings are lost",
        does="converts it to JSON, refuses unsubstituted placeholders, sets logs by the API",
        touches={
            f"{CFN}:_sfn_definition": "e29ae22959e7b7cf",
            f"{CFN}:_sfn_state_machine_create": "d2ffde42cb0e8dbd",
            f"{CFN}:_sfn_state_machine_update": "e6b56ee6ad599ebf",
        },
    ),
    Gap(
        name="stage_properties",
        ships="a stage's throttling settings are stored under names that its API does not know",
        does="sets them by the API Gateway API",
        touches={
            f"{CFN}:_apigw_v2_stage_create": "3b67b090432fa693",
            f"{CFN}:_apigw_v2_stage_update": "5a82245316abd25b",
        },
    ),
    Gap(
        name="recorded_resources",
        ships="one unknown resource type fails the whole template",
        does="records the listed types as stack resources; others still fail",
        touches={
            f"{CFN}:_provision_resource": "3b8f01fb187141b6",
            f"{CFN}:_update_resource": "21b9b1207f59a864",
        },
    ),
    Gap(
        name="transform_parameters",
        ships="the SAM transform does not see the values of parameters",
        does="gives it those of the stack",
        touches={
            f"{ENGINE}:_apply_transforms": "d3f0e05e08db154a",
            f"{ENGINE}:_transform_parameters": "71639a086e767b34",
            "samtranslator.translator.transform:transform": "cd53e6d93351846e",
        },
    ),
    Gap(
        name="nested_transforms",
        ships="transforms of a nested template are not applied, so SAM resources are unknown",
        does="applies them, as for a stack of its own",
        touches={
            f"{ENGINE}:_parse_template": "3accea2c0e110651",
            f"{ENGINE}:_apply_transforms": "d3f0e05e08db154a",
            f"{ENGINE}:_TransformFailed": "45d2b78dd7d6c602",
            f"{CFN}:_cfn_nested_stack_deploy": "66d29efafd8a6e02",
        },
    ),
    Gap(
        name="nested_updates",
        ships="an update of a nested stack loses the attributes of unchanged resources",
        does="keeps them for references",
        touches={
            f"{CFN}:_update_resource": "21b9b1207f59a864",
            f"{CFN}:_cfn_nested_stack_deploy": "66d29efafd8a6e02",
        },
    ),
    Gap(
        name="lambda_runtime",
        ships="functions run in MiniStack's own interpreter and environment; every exception is "
        "Runtime.HandlerError and costs the warm process; each call waits for a log line; an "
        "update kills invocations that run; only calls of the Invoke API have metrics",
        does="a bare interpreter with only what AWS's runtime has, real error types, a log that "
        "ends with a marker, one copy of code and layers, a queue for bursts, metrics of every "
        "call; memory, files and responses have AWS's limits; an invocation outlives an update",
        touches={
            f"{RUNTIME}:Worker": "a0bd1819a7040c1e",
            f"{RUNTIME}:_RESERVED_RUNTIME_ENV_VARS": "3fbe8b0c02cadd1d",
            f"{RUNTIME}:_account_region_from_function_config": "701ed919ed4802e4",
            f"{RUNTIME}:execution_credentials": "cffaadc4f396f6e4",
            f"{RUNTIME}:acquire_worker": "5017d144adb5b983",
            f"{RUNTIME}:invalidate_worker": "1be5d7f769f5c608",
            f"{RUNTIME}:kill_workers": "56a6df63f9bd4859",
            f"{LAMBDA}:_execute_function_warm": "62b9218bef5b948a",
            f"{LAMBDA}:_emit_lambda_metrics": "3b6689d77cf6f1e4",
            f"{LAMBDA}:_probe_peak_memory_mb": "545001066205e4d5",
            f"{LAMBDA}:_resolve_layer_zip": "447d3c3ec42c50ad",
        },
    ),
    Gap(
        name="metric_alarms",
        ships="an alarm ignores dimensions, periods and missing data; a template's metric math is "
        "refused; the statistic PR is unknown",
        does="CloudWatch's rules for alarms, with the metric math that alarms of templates use",
        touches={
            f"{CFN}:_cw_metric_alarm_record": "4565fcede1ebf266",
            f"{CLOUDWATCH}:_is_percentile_stat": "b9d0b744ce68c1cb",
            f"{CLOUDWATCH}:_stat_value": "cfaad95982333379",
            f"{CLOUDWATCH}:_evaluate_alarm": "a0b0acd3d432b711",
            f"{CLOUDWATCH}:_evaluate_all_alarms": "f83f88e57f1ccfc9",
            f"{CLOUDWATCH}:_evaluate_parent_alarms": "24a65a9e43d5d488",
            f"{CLOUDWATCH}:_describe_alarms": "ab8f092ff9ae6f02",
            f"{CLOUDWATCH}:_dispatch_alarm_actions": "fcf47c0d1e6ec4a0",
            f"{CLOUDWATCH}:_record_history": "c5890b06e5c82d3d",
            f"{CLOUDWATCH}:_metric_bucket": "be62c5f1548dc00e",
        },
    ),
    Gap(
        name="embedded_metrics",
        ships="a log line in the embedded metric format is text",
        does="a function's log lines of that format are metrics",
        touches={
            f"{LAMBDA}:_execute_function_warm": "62b9218bef5b948a",
            f"{CLOUDWATCH}:record_metric": "7f777bfbe523a0c5",
        },
    ),
    Gap(
        name="metric_filters",
        ships="a metric filter counts nothing, and Lambda writes no records in JSON",
        does="counts the lines of a function's log, where Lambda writes its records of a timeout "
        "and of a function that did not start",
        touches={
            f"{LAMBDA}:_execute_function_warm": "62b9218bef5b948a",
            f"{CLOUDWATCH}:record_metric": "7f777bfbe523a0c5",
            f"{LOGS}:_metric_filters": "71a4e3b70a68b092",
            f"{LOGS}:_put_metric_filter": "f32105a1de44a62d",
        },
    ),
    Gap(
        name="log_pages",
        ships="FilterLogEvents returns the first 10,000 events and no token for the others",
        does="returns them page by page",
        touches={f"{LOGS}:_filter_log_events": "9b3d13c713b5d3cb"},
    ),
    Gap(
        name="async_invocation",
        ships="a throttled event counts as a failed one; dead letters have a destination's shape, "
        "and no function or event bus is a destination",
        does="throttled events wait, failures are retried with the same request id; with the "
        "function's role a record goes to the destination, the event to the dead-letter queue",
        touches={
            f"{LAMBDA}:invoke_async_with_retry": "289fe4d3cbd4089b",
            f"{LAMBDA}:_execute_function": "3ceb16d6480a2161",
            f"{LAMBDA}:_execute_function_dispatch": "f62cd259213ecef7",
        },
    ),
    Gap(
        name="event_delivery",
        ships="EventBridge and its Scheduler try a target once, without a permission check, and "
        "drop what fails",
        does="checks the resource policy of functions, and the target's role for state machines, "
        "API destinations and functions of a schedule; retries, then uses the rule's dead-letter "
        "queue if its policy allows EventBridge",
        touches={
            f"{EVENTS}:_invoke_target": "550e304af0809563",
            f"{EVENTS}:_dispatch_to_lambda": "1f95adbaed3a966a",
            f"{EVENTS}:_dispatch_to_stepfunctions": "d36195e1c480b1ab",
            f"{EVENTS}:_dispatch_to_sqs": "eb75981283a29783",
            f"{EVENTS}:_dispatch_to_api_destination": "c277c842950ba339",
            f"{EVENTS}:_build_api_destination_request": "d757fb5d207e7415",
            f"{EVENTS}:_api_destination_send_sync": "dc02d431682f6059",
            f"{EVENTS}:_connection_auth_headers": "9cd319a56397692c",
        },
    ),
    Gap(
        name="api_destinations",
        ships="connections and API destinations cannot be deployed; connections return secrets",
        does="creates them by the EventBridge API and removes the secrets from responses",
        touches={
            f"{EVENTS}:_create_connection": "d39cd7c45789c678",
            f"{EVENTS}:_describe_connection": "433cddea3b1d50e8",
            f"{EVENTS}:_create_api_destination": "257a2de9da1fffb8",
        },
    ),
    Gap(
        name="expression_parsing",
        ships="an expression is parsed again for each call, and for each item that it reads",
        does="remembers what the text of an expression means, its errors too",
        touches={
            f"{DYNAMODB}:_tokenize": "6abb13395c3ee7b6",
            f"{DYNAMODB}:_check_redundant_parens": "9d6df76cfe8735ab",
            f"{DYNAMODB}:_check_reserved_keyword_usage": "5b08c4cc141cc49a",
            f"{DYNAMODB}:_condition_syntax_error": "5213f1ffac34e6cb",
            f"{DYNAMODB}:_evaluate_condition": "94561811e28c4326",
            f"{DYNAMODB}:_apply_update_expression": "ffd488974842767c",
        },
    ),
    Gap(
        name="stream_polling",
        ships="a table's stream is read as root; reports of failed items, splitting of batches and "
        "retry limits are ignored, so one bad record stops the stream",
        does="reads with the function's role, follows the function's report, splits and retries "
        "as the mapping says, then notifies the on-failure destination with that role",
        touches={
            f"{LAMBDA}:_poll_dynamodb_streams": "2b2460e933a9f3c3",
            f"{LAMBDA}:_poll_loop": "6a443090919adccf",
            f"{LAMBDA}:_iter_all_esms": "7db06c0627a59696",
            f"{LAMBDA}:_apply_filter_criteria": "d8d7d5c8f77ea1ac",
            f"{LAMBDA}:_execute_function": "3ceb16d6480a2161",
            "ministack.services.dynamodb:stream_records_since": "aed31a353fda9770",
        },
    ),
    Gap(
        name="queue_polling",
        ships="a function's queue is read as root; SendMessageBatch needs a permission that does "
        "not exist",
        does="reads only if the function's role may; calls for batches need the permission of one",
        touches={
            f"{LAMBDA}:_sqs_esm_concurrency": "d3e9d1e865aa0b28",
            f"{LAMBDA}:_poll_sqs": "e438a6a1e09482dc",
            f"{ACTIONS}:extract_iam_action": "ec476b92d969822b",
        },
    ),
    Gap(
        name="workflow_tasks",
        ships="a state machine's tasks run as root; no sagemaker, no rekognition; an error of a "
        "function in a token task is lost; heartbeats are ignored",
        does="every integration is an AWS call with the machine's role; 256 KiB limit; heartbeats "
        "are enforced",
        touches={
            f"{SFN}:_execute_task": "53c818d247dba62c",
            f"{SFN}:_invoke_resource": "a85d2be9a8584ce0",
            f"{SFN}:_invoke_with_callback": "bbb38423156a0d3d",
            f"{SFN}:_send_task_heartbeat": "56879a4655d159a2",
            f"{SFN}:_sdk_json_params": "fe2174a1a5283cac",
            f"{SFN}:_sdk_json_value": "e1444445ef500335",
            f"{SFN}:_error_matches": "519b9dc729c56a3c",
        },
    ),
    Gap(
        name="distributed_maps",
        ships="a distributed Map lists buckets as root, ignores ItemBatcher and ResultWriter, "
        "needs no permission, and goes on after its execution was stopped",
        does="reads, starts and writes with the machine's role; batches; aborts its children; five "
        "minutes for an express one; 256 KiB",
        touches={
            f"{SFN}:_run_distributed_map": "2b77d3ec0e04f8f1",
            f"{SFN}:_run_sub_machine": "f8d844168b1459f8",
            f"{SFN}:_parse_reader_items": "80954bad8e260c9b",
            f"{SFN}:_resolve_params_obj": "d41c2e27dd1b00a5",
            f"{SFN}:_resolve_path_or_ctx": "39841ce14aefd1c1",
            f"{SFN}:_apply_jsonata_template": "bf9bcac24ddcb9fa",
            f"{SFN}:_apply_jsonata_output": "687e63886e94ded2",
            f"{SFN}:_apply_state_assign": "f9cc15f006a008bb",
            f"{SFN}:_apply_result_selector": "2c9e674e99b411de",
            f"{SFN}:_apply_result_path": "829ba9afcde96ada",
            f"{SFN}:_apply_output_path": "e9cfd00672448961",
            f"{SFN}:_jsonata_state_field": "9bf62b72170e2ea4",
            f"{SFN}:_state_query_language": "b9b846fa668c8400",
        },
    ),
    Gap(
        name="payload_limits",
        ships="events of functions, inputs and outputs of executions have any size",
        does="refuses those that are larger than AWS allows; a state returns at most 256 KiB",
        touches={
            "ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f",
            f"{SFN}:_execute_pass": "b1dff47048bcf8e1",
            f"{SFN}:_execute_parallel": "2166e1f53e5fd48d",
            f"{SFN}:_execute_map": "18ad3965291213ad",
        },
    ),
    Gap(
        name="workflow_deadline",
        ships="a machine's own TimeoutSeconds is ignored; a stopped execution can still fail",
        does="ends the execution TIMED_OUT; an ended execution does not change",
        touches={
            f"{SFN}:_run_execution": "996dff84e0e0605a",
            f"{SFN}:_fail_execution": "e6da895fa0b74cdd",
            f"{SFN}:_add_event": "b1db143ccd21809d",
        },
    ),
    Gap(
        name="machine_versions",
        ships="no state machine versions and aliases in templates; an execution of either runs "
        "the newest definition",
        does="creates both by the API; an execution keeps the version that its alias chose by "
        "weight",
        touches={
            f"{SFN}:_start_execution": "9923282fc76c57b9",
            f"{SFN}:_describe_execution": "c3ad294ad8b5070a",
            f"{SFN}:_run_execution": "996dff84e0e0605a",
            f"{SFN}:_publish_state_machine_version": "edffabae54d41af2",
            "ministack.core.responses:AccountRegionScopedDict": "62c53f1c556e2158",
        },
    ),
    Gap(
        name="stored_checksums",
        ships="PutObject returns no checksum",
        does="returns the checksum of what was stored",
        touches={
            "ministack.services.s3:_put_object": "cf5861e4d9999243",
            "ministack.services.s3:_resolve_object_checksums": "af7c762a66047395",
        },
    ),
    Gap(
        name="user_pool_sign_in",
        ships="MfaConfiguration ON lets a user without MFA in; a challenge is answered without its "
        "session, and without the password; sign-up, weak passwords, unwritable attributes and "
        "those that the pool does not have pass",
        does="requires MFA, a challenge's own session and unused codes; refuses what the pool's "
        "and the client's settings forbid",
        touches={
            f"{COGNITO}:_password_auth_result": "b88268f483e45012",
            f"{COGNITO}:_respond_to_auth_challenge": "9dae007b5620600a",
            f"{COGNITO}:_admin_respond_to_auth_challenge": "0ed094bdaeb93cfe",
            f"{COGNITO}:_associate_software_token": "266bef59f661efb3",
            f"{COGNITO}:_verify_software_token": "dfdccbaa6151906d",
            f"{COGNITO}:_sign_up": "7c18b40cc0808ff8",
            f"{COGNITO}:_update_user_attributes": "f2dcbe6711fd7b22",
            f"{COGNITO}:_admin_create_user": "b6be9f9333ac6842",
            f"{COGNITO}:_admin_update_user_attributes": "97a3aa75318e6f1f",
            f"{COGNITO}:_forgot_password": "2c3b97e277d599ff",
            f"{COGNITO}:_record_auth_event": "16317aa21489600e",
            f"{COGNITO}:_validate_password": "223b46f71a0e5978",
            f"{COGNITO}:_totp_matches": "3c9ab2f8aedd3fed",
            f"{COGNITO}:_build_auth_result": "ff9c8d0d9f5a07f9",
            f"{COGNITO}:_pool_for_client": "ac0cf21281822221",
            f"{COGNITO}:_user_pool_for_access_token": "e0126455e8b401f7",
            f"{COGNITO}:_token_claims": "f36cb7fb045bce0a",
            f"{COGNITO}:_attr_list_to_dict": "e2b078a8a62b4feb",
        },
    ),
    Gap(  # the last one: it records what the others do
        name="recorded_calls",
        ships="nothing counts the calls of a stack, and reads of any size use one unit",
        does="with a pattern, writes each call of a role and each invocation to a file",
        touches={
            "ministack.app:SERVICE_HANDLERS": "9a26325b2c94c04f",
            f"{ACTIONS}:extract_iam_action": "ec476b92d969822b",
            f"{LAMBDA}:_execute_function_warm": "62b9218bef5b948a",
            f"{LAMBDA}:_xray_trace_id_for_invocation": "46cbd1c5214a6df2",
            f"{DYNAMODB}:_item_size_bytes": "9be41cc11f947cde",
            f"{DYNAMODB}:_paginate_evaluated_items": "d70cfb58e3a279c9",
            f"{DYNAMODB}:_apply_index_projection": "edab067f1dc84c96",
        },
    ),
    Gap(
        name="service_metrics",
        ships="HTTP APIs and state machines have no metrics",
        does="counts requests, errors, latency and ends of executions, as API Gateway and Step "
        "Functions do",
        touches={
            f"{APIGATEWAY}:handle_execute": "c7a2f92d7eb6b8d5",
            f"{SFN}:_emit_execution_status_event": "9c89e45693e353eb",
        },
    ),
)


def describe(thing: object) -> str:
    """The text of an object for its digest: source of code, keys of a table or set, or its repr."""
    if isinstance(thing, dict | set):
        return "\n".join(sorted(map(str, thing)))
    if inspect.isroutine(thing) or inspect.isclass(thing):
        return inspect.getsource(thing)
    return repr(thing)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def installed_source(target: str) -> str:
    """The source of "module:name" in the installed MiniStack; empty if it does not exist."""
    module, _, name = target.partition(":")
    thing = getattr(import_module(module), name, None)
    return "" if thing is None else describe(thing)


def unexpected(
    gaps: Iterable[Gap] = GAPS, source: Callable[[str], str] = installed_source
) -> list[str]:
    """The touched objects whose source differs from the expected one."""
    return [
        f"{target} (for {gap.name})"
        for gap in gaps
        for target, expected in gap.touches.items()
        if digest(source(target)) != expected
    ]


def check() -> None:
    """Raises UnexpectedMinistack unless the expected MiniStack is installed.

    The message is one sentence that says what differs and what to do.
    """
    found = version("ministack")
    if found != MINISTACK:
        raise UnexpectedMinistack(
            f"The laptop cloud extends MiniStack {MINISTACK} and found {found}: "
            f"install ministack=={MINISTACK}."
        )
    if changed := unexpected():
        raise UnexpectedMinistack(
            f"MiniStack {found} is not as released, so it cannot be extended safely "
            f"({', '.join(changed)} differ): install ministack=={MINISTACK} again."
        )


def install() -> None:
    """Close every gap, in the order of the table."""
    check()
    for gap in GAPS:
        gap.install()
