"""Roles, policies, user pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.drift.readers.reader import Properties, Reader


def role(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    iam = clients("iam")
    found = iam.get_role(RoleName=name)["Role"]
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {
        "RoleName": name,
        "Description": found.get("Description"),
        "MaxSessionDuration": found.get("MaxSessionDuration"),
        "PermissionsBoundary": boundary,
        "AssumeRolePolicyDocument": found["AssumeRolePolicyDocument"],
        "ManagedPolicyArns": [one["PolicyArn"] for one in attached],
        "Policies": [
            {
                "PolicyName": policy,
                "PolicyDocument": iam.get_role_policy(RoleName=name, PolicyName=policy)[
                    "PolicyDocument"
                ],
            }
            for policy in inline
        ],
    }


def managed_policy(clients: Clients, arn: str, _wanted: Properties) -> dict[str, Any]:
    iam = clients("iam")
    about = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=about["DefaultVersionId"])
    return {
        "ManagedPolicyName": about["PolicyName"],
        "Description": about.get("Description"),
        "Path": about.get("Path"),
        "PolicyDocument": version["PolicyVersion"]["Document"],
    }


def inline_policy(clients: Clients, _id: str, wanted: Properties) -> dict[str, Any]:
    """The document, if each of its roles has it."""
    iam, name = clients("iam"), wanted["PolicyName"]
    documents = [
        iam.get_role_policy(RoleName=role_name, PolicyName=name)["PolicyDocument"]
        for role_name in wanted["Roles"]
    ]
    same = all(document == documents[0] for document in documents)
    return {
        "PolicyName": name,
        "Roles": wanted["Roles"],
        "PolicyDocument": documents[0] if same else None,
    }


def user_pool(clients: Clients, pool: str, wanted: Properties) -> dict[str, Any]:
    cognito = clients("cognito-idp")
    found: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    attributes = {one["Name"]: one for one in found.get("SchemaAttributes", [])}
    own = [attributes.get(f"custom:{one['Name']}", {}) for one in wanted.get("Schema", [])]
    return {
        "UserPoolName": found["Name"],
        "Schema": [_own_attribute(one) for one in own],
        "EnabledMfas": _enabled_mfas(cognito, pool),
        **found,
    }


def _enabled_mfas(cognito: Any, pool: str) -> list[str]:
    """Only TOTP: the other methods have settings of their own."""
    found = cognito.get_user_pool_mfa_config(UserPoolId=pool)
    enabled = found.get("SoftwareTokenMfaConfiguration", {}).get("Enabled")
    return ["SOFTWARE_TOKEN_MFA"] if enabled else []


def _own_attribute(found: dict[str, Any]) -> dict[str, Any]:
    """A custom attribute in a template's form; Cognito adds a prefix and fields."""
    names = ("AttributeDataType", "Mutable", "StringAttributeConstraints")
    name = str(found.get("Name", "")).removeprefix("custom:")
    return {"Name": name, **{one: found[one] for one in names if one in found}}


def user_pool_client(clients: Clients, client: str, wanted: Properties) -> dict[str, Any]:
    pool = wanted["UserPoolId"]
    answer = clients("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)
    found: dict[str, Any] = answer["UserPoolClient"]
    return {"GenerateSecret": "ClientSecret" in found, **found}


def user_pool_group(clients: Clients, group: str, wanted: Properties) -> dict[str, Any]:
    pool = wanted["UserPoolId"]
    answer: dict[str, Any] = clients("cognito-idp").get_group(UserPoolId=pool, GroupName=group)
    return answer["Group"]  # type: ignore[no-any-return]


READERS: dict[str, Reader] = {
    "AWS::IAM::Role": role,
    "AWS::IAM::ManagedPolicy": managed_policy,
    "AWS::IAM::Policy": inline_policy,
    "AWS::Cognito::UserPool": user_pool,
    "AWS::Cognito::UserPoolClient": user_pool_client,
    "AWS::Cognito::UserPoolGroup": user_pool_group,
}
