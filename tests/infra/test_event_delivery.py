"""Event delivery: what is published, to which targets, and where failed deliveries go."""

import json

import pytest

from likeness.adapters.dynamodb import keys
from likeness.domain.account.erasure import ErasureState
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.ids import ErasureId, PhotoId
from likeness.domain.webhooks.delivery import CALL_S, LEASE
from likeness.entrypoints.dynamodb_stream import READERS, VERDICTS
from likeness.services.webhooks.send_deliveries import WORK_FOR
from tests.builders import JOB, USER
from tests.infra.documents import read
from tests.infra.stacks import properties

EVENTS = read("infra/events.yaml")
RESOURCES = EVENTS["Resources"]
DAY = 24 * 3600


@pytest.fixture
def mapping(template):
    return template["Resources"]["JobChanges"]["Properties"]


@pytest.fixture
def patterns(mapping):
    return [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]


def allowed(pattern, key, state=None):
    """Whether a filter lets an item pass (Lambda, "Filter rule syntax")."""

    def fits(rules, value):
        return any(
            value.startswith(rule["prefix"]) if isinstance(rule, dict) else value == rule
            for rule in rules
        )

    change = pattern["dynamodb"]
    states = change.get("NewImage", {}).get("state", {}).get("S")
    return all(fits(change["Keys"][name]["S"], key[name]) for name in ("pk", "sk")) and (
        states is None or state in states
    )


JOBS_ITEMS = [
    (keys.job(JOB), "open"),
    (keys.progress(JOB), None),
    *((keys.photo(JOB, PhotoId("p01")), state) for state in sorted(VERDICTS)),
    (keys.deletion(JOB), DeletionState.DELETED),
    (keys.erasure(ErasureId("e1")), ErasureState.DONE),
]


@pytest.mark.parametrize(("key", "state"), JOBS_ITEMS)
def test_the_function_sees_each_item_that_is_an_event(patterns, key, state):
    assert sum(allowed(pattern, key, state) for pattern in patterns) == 1


@pytest.mark.parametrize(
    ("key", "state"),
    [
        (keys.photo(JOB, PhotoId("p01")), "awaited"),
        (keys.photo(JOB, PhotoId("p01")), "checking"),
        (keys.deletion(JOB), DeletionState.PENDING),
        (keys.erasure(ErasureId("e1")), ErasureState.RUNNING),
        (keys.profile(USER), None),
        (keys.look(JOB), None),
        (keys.run(JOB, 1), "done"),
        ({"pk": f"JOB#{JOB}", "sk": "DELIVERY#w1#7#x"}, "pending"),
        ({"pk": "WEBHOOKS", "sk": "w1"}, None),
    ],
)
def test_other_items_cost_no_invocation(patterns, key, state):
    assert not any(allowed(pattern, key, state) for pattern in patterns)


def test_each_item_that_passes_has_a_reader():
    passed = {key["sk"].partition("#")[0] for key, _ in JOBS_ITEMS}

    assert set(READERS) == passed


def test_there_are_no_more_filters_than_lambda_takes(patterns):
    assert len(patterns) <= 5, "the quota of filters of an event source mapping"
    for pattern in patterns:
        assert "REMOVE" not in pattern["eventName"], "a job that is gone tells nothing"


def test_the_stream_has_what_a_change_is_read_from(storage):
    stream = storage["Resources"]["Table"]["Properties"]["StreamSpecification"]

    assert stream == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_no_change_is_passed_over(mapping):
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert "MaximumRetryAttempts" not in mapping, "an outage lasts as long as it lasts"
    assert mapping["MaximumRecordAgeInSeconds"] < DAY, "the stream must still have it then"


def test_the_files_of_progress_start_their_function(storage):
    bucket = storage["Resources"]["AvatarsBucket"]["Properties"]
    assert bucket["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"]
    (event,) = properties("NoteProgressFunction")["Events"].values()
    pattern = event["Properties"]["Pattern"]["detail"]["object"]["key"]

    assert pattern == [{"wildcard": "work/*/progress.json"}]


# --- webhooks -------------------------------------------------------------------------------------

SENDER = RESOURCES["SendDeliveriesFunction"]["Properties"]
QUEUE = RESOURCES["DeliveryQueue"]["Properties"]
SETTINGS = ("WebhookSettingsFunction", "WebhookQueriesFunction", "WebhookDeliveriesFunction")


def statements(function):
    policies = properties(function)["Policies"]
    return [one for policy in policies if isinstance(policy, dict) for one in policy["Statement"]]


def test_a_slow_webhook_holds_up_its_own_message_only():
    mapping = RESOURCES["DueDeliveries"]["Properties"]

    assert mapping["BatchSize"] == 1
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_a_message_is_not_received_again_while_it_is_worked_on():
    """Lambda recommends six times the function's time ("Using Lambda with Amazon SQS")."""
    timeout = SENDER["Timeout"]

    assert QUEUE["VisibilityTimeout"] >= 6 * timeout
    calls = 2 + 3 * int(SENDER["Environment"]["Variables"]["LIKENESS_CALL_SECONDS"]) + 3
    assert WORK_FOR.total_seconds() + CALL_S + calls <= timeout
    assert LEASE.total_seconds() > CALL_S


def test_a_message_that_fails_waits_in_the_dead_letter_queue_for_14_days():
    assert QUEUE["RedrivePolicy"] == {
        "deadLetterTargetArn": {"GetAtt": "DeliveryDeadLetterQueue.Arn"},
        "maxReceiveCount": 5,
    }
    letters = RESOURCES["DeliveryDeadLetterQueue"]["Properties"]
    assert letters["MessageRetentionPeriod"] == 14 * DAY


def test_the_sender_may_use_its_own_queue_only():
    """SAM's own event would add a managed policy for every queue of the account."""
    assert "Events" not in SENDER
    (queue,) = [one for one in statements("SendDeliveriesFunction") if one["Sid"] == "ReadQueue"]
    assert queue["Resource"].endswith(":DeliveryQueue")


def test_only_the_sender_decrypts_secrets_and_only_settings_encrypt_them():
    actions = {
        name: {action for one in statements(name) for action in one["Action"]}
        for name in ("SendDeliveriesFunction", "AnnounceChangesFunction", *SETTINGS)
    }
    decrypting = {name for name, found in actions.items() if "kms:Decrypt" in found}
    encrypting = {name for name, found in actions.items() if "kms:Encrypt" in found}

    assert decrypting == {"SendDeliveriesFunction"}
    assert encrypting == {"WebhookSettingsFunction"}


def test_the_loopback_address_is_the_laptops_alone(template):
    """At 127.0.0.1 a Lambda function has its own Runtime API."""
    assert template["Parameters"]["WebhookLoopback"]["Default"] == "false"
    rule = template["Rules"]["LoopbackIsTheLaptops"]
    assert rule["RuleCondition"] == {"Equals": [{"Ref": "WebhookLoopback"}, "true"]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Equals": [{"Ref": "Stage"}, "local"]}


def test_the_sender_is_in_no_vpc():
    """From a VPC it could reach private addresses of ours."""
    assert "VpcConfig" not in SENDER
