"""What each role may do: the golden matrix, and the rules that every statement follows."""

import difflib
import json
from collections import defaultdict
from itertools import product

import pytest

from likeness.adapters.dynamodb import keys
from tests.infra.permissions import BOUND, GOLDEN, matrix, permissions
from tests.infra.published_actions import policy_documents
from tests.infra.stacks import FUNCTION, MACHINE, MANAGED_POLICY, ROLE, deployed
from tests.infra.transactions import TRANSACTIONS, functions, transacting_methods

PERMISSIONS = list(permissions())
# IAM's limit of managed policies in a role is 10, and SAM attaches two to a function: logs, traces.
MANAGED_POLICIES_IN_A_ROLE = 8
MANAGED_POLICY_CHARACTERS = 6144


def test_every_role_may_do_what_the_golden_matrix_says():
    expected, found = GOLDEN.read_text(), matrix()
    if found != expected:
        changed = difflib.unified_diff(
            expected.splitlines(), found.splitlines(), "expected", "found", lineterm="", n=8
        )
        hint = "If that is intended: python -m tests.infra.permissions --write"
        pytest.fail("\n".join([*changed, "", hint]), pytrace=False)


def on_the_table():
    return [
        one
        for one in PERMISSIONS
        if one.resource in {"dynamodb:table/Table", f"dynamodb:table/Table/index/{keys.INDEX}"}
    ]


def test_every_permission_on_the_table_is_bound_to_key_prefixes():
    assert len(on_the_table()) > 100
    for one in on_the_table():
        assert one.keys, f"{one.role}.{one.sid} may do {one.action} on every item"
        assert one.condition == BOUND + " ".join(one.keys), one
        assert all(key.rstrip("*#") for key in one.keys), one


def test_no_permission_names_the_table_in_another_way():
    for one in PERMISSIONS:
        if one.resource.startswith("dynamodb:") and one not in on_the_table():
            assert one.resource in {
                "dynamodb:table/IdempotencyTable",
                "dynamodb:table/Table/stream/*",
            }


# Functions that import a use case with a call of this transaction, and why they do not make it.
NEVER_RUNS = {
    ("HoldReviewFunction", "close a review and count it"): "a hold is not counted",
    ("MixKnownCasesFunction", "store a hold"): "of moderate_photos it has the weighing only",
    ("MixKnownCasesFunction", "store a moderated set and count it"): "the same",
    ("RunTestFunction", "store a hold"): "a test job's photos are ours",
    ("RunTestFunction", "store a moderated set and count it"): "a test is not counted",
}


FROM_A_SHELL = {"change the switches"}  # with the operator's credentials: no role may


@pytest.mark.parametrize("name", sorted(FROM_A_SHELL))
def test_no_function_runs_a_transaction_of_operators(name):
    assert not functions(TRANSACTIONS[name])


def test_every_transaction_of_an_adapter_is_listed():
    listed = {call.partition("/")[0] for row in TRANSACTIONS.values() for call in row.calls}
    assert listed == transacting_methods()


@pytest.mark.parametrize("name", sorted(set(TRANSACTIONS) - FROM_A_SHELL))
def test_one_statement_allows_each_action_on_all_items_of_a_transaction(name):
    transaction = TRANSACTIONS[name]
    roles = functions(transaction) - {role for role, row in NEVER_RUNS if row == name}
    assert roles
    for role, action in product(roles, transaction.actions):
        statements = [
            set(one.keys)
            for one in on_the_table()
            if (one.role, one.action) == (role, f"dynamodb:{action}")
        ]
        assert any(transaction.prefixes <= keys_ for keys_ in statements), f"{role}: {action}"


def test_only_transactions_update_items_of_the_audit_log():
    """UpdateItem is for the counter; PutItem, which adds events, could overwrite one as well."""
    updating = {
        one.role for one in on_the_table() if "CHAIN#*" in one.keys and "Update" in one.action
    }
    counting = {name for name, row in TRANSACTIONS.items() if {"DESK#*", "CHAIN#*"} <= row.prefixes}
    running = {(role, name) for name in counting for role in functions(TRANSACTIONS[name])}
    assert updating == {role for role, _ in running - set(NEVER_RUNS)}


# Why a role that reads objects need not know whether one is missing.
ABSENCE_DOES_NOT_MATTER = {
    "InspectPhotoFunction": "of the hash list: both stop every photo",
    "MixKnownCasesFunction": "of a known case's file: the error names it",
    "ListJobsFunction": "signs URLs; a browser shows neither",
    "TrainingRole": "SageMaker copies what a listing of the prefix returned",
    "EndpointRole": "SageMaker reads an archive that StartInference wrote",
}


def test_a_role_that_reads_objects_can_tell_a_missing_one_from_a_refused_one():
    """S3 returns 403 for both without ListBucket; its condition on a prefix would not be met."""
    reads, lists = defaultdict(set), defaultdict(set)
    for one in PERMISSIONS:
        bucket = one.resource.partition("/")[0]
        if one.action == "s3:GetObject":
            reads[one.role].add(bucket)
        if one.action == "s3:ListBucket" and not one.condition:
            lists[one.role].add(bucket)
    blind = {role for role, buckets in reads.items() if buckets - lists[role]}
    assert len(reads) > 10
    assert blind == set(ABSENCE_DOES_NOT_MATTER)


def test_every_policy_document_has_the_current_version():
    """SAM writes 2008-10-17 into a policy without one, which has no policy variables."""
    documents = [
        (name, document)
        for stack in deployed()
        for name, one in stack.resources.items()
        for document in policy_documents(one)
    ]
    assert len(documents) > 50
    assert [name for name, one in documents if one.get("Version") != "2012-10-17"] == []


def attached():
    """The managed policies of each role."""
    found = defaultdict(set)
    for stack in deployed():
        for name, one in stack.resources.items():
            if one["Type"] in {FUNCTION, MACHINE, ROLE}:
                for key in ("Policies", "ManagedPolicyArns"):
                    policies = stack.resolve(one.get("Properties", {}).get(key, []))
                    found[name] |= {policy for policy in policies if isinstance(policy, str)}
    return found


def shared():
    """The documents of the managed policies by ARN."""
    return {
        stack.resolve({"Ref": name}): stack.resolve(one["Properties"]["PolicyDocument"])
        for stack in deployed()
        for name, one in stack.resources.items()
        if one["Type"] == MANAGED_POLICY
    }


def test_a_managed_policy_is_shared_and_exists():
    used = [policy for policies in attached().values() for policy in policies]
    assert set(used) == set(shared())
    assert [one for one in shared() if used.count(one) < 2] == []


def test_no_role_has_more_managed_policies_than_iam_allows():
    assert {
        name: len(policies)
        for name, policies in attached().items()
        if len(policies) > MANAGED_POLICIES_IN_A_ROLE
    } == {}


def test_no_managed_policy_is_longer_than_iam_allows():
    for name, document in shared().items():
        length = len(json.dumps(document, separators=(",", ":")))
        assert length < MANAGED_POLICY_CHARACTERS / 2, name  # real names are longer than ours
