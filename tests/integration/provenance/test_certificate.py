"""The command that requests, checks and stores the certificate of the signing key."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra import certificate as command
from infra.certificate import Certified, Unusable, check, issue, issue_once, read, request, store
from likeness.adapters.provenance.signing import authority_extensions, signer_extensions
from tests.integration.provenance.chains import a_chain
from tests.integration.provenance.kms import Kms

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime.now(UTC) + timedelta(hours=1)  # the tests run long after the import
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING


@pytest.fixture
def clients(aws: None, session: Any) -> Callable[[str], Any]:
    return {"kms": Kms(), "ssm": session.client("ssm")}.__getitem__


@pytest.fixture
def to(clients: Callable[[str], Any]) -> Certified:
    return Certified(clients("kms").create(), "dev")


@pytest.fixture
def public(clients: Callable[[str], Any], to: Certified) -> Any:
    return load_der_public_key(clients("kms").get_public_key(KeyId=to.key)["PublicKey"])


def signed_by_an_authority(
    csr: str,
    *,
    usage: Any = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    days: int = 300,
    padding: int = 0,
) -> tuple[str, str]:
    """Chain and root, as an authority makes them from a request."""
    asked = x509.load_pem_x509_csr(csr.encode())
    assert asked.is_signature_valid
    root = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())

    def certificate(subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        start = NOW - timedelta(days=2)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(name)
        builder = builder.public_key(key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=days))
        return builder.add_extension(key_id, critical=False)

    leaf = certificate(asked.subject, asked.public_key())
    for extension in asked.extensions:
        if not isinstance(extension.value, x509.ExtendedKeyUsage):
            leaf = leaf.add_extension(extension.value, critical=extension.critical)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if padding:
        note = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(padding))
        leaf = leaf.add_extension(note, critical=False)
    limits = x509.BasicConstraints(ca=True, path_length=None)
    anchor = certificate(name, root.public_key()).add_extension(limits, critical=True)
    made = [one.sign(root, hashes.SHA384()).public_bytes(Encoding.PEM) for one in (leaf, anchor)]
    return made[0].decode(), made[1].decode()


def test_a_request_is_signed_by_the_key_in_kms_and_asks_for_what_c2pa_demands(clients, to, public):
    asked = x509.load_pem_x509_csr(request(clients, to).encode())

    assert asked.is_signature_valid
    assert asked.public_key() == public
    extensions = {type(one.value) for one in asked.extensions}
    assert extensions == {x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage}


def test_a_request_of_an_authority_asks_for_one_that_issues_signers_only(clients, to):
    asked = x509.load_pem_x509_csr(request(clients, to, authority=True).encode())

    assert asked.is_signature_valid
    found = {one.value for one in asked.extensions}
    assert found == {extension for extension, _ in authority_extensions(0)}


def test_the_certificate_of_a_request_is_stored_and_read_again(clients, to):
    chain, anchors = signed_by_an_authority(request(clients, to))

    store(clients, to, chain, anchors)

    assert read(clients, to) == (chain, anchors)


def test_a_long_chain_is_stored_as_an_advanced_parameter(clients, to):
    """4096 characters are the limit of a standard one."""
    chain, anchors = signed_by_an_authority(request(clients, to), padding=3000)
    assert 4096 < len(chain) < 8192

    store(clients, to, chain, anchors)

    found = clients("ssm").describe_parameters()["Parameters"]
    tiers = {one["Name"]: one["Tier"] for one in found}
    assert tiers[to.parameter("certificate-chain")] == "Intelligent-Tiering"  # moto's word


def test_nothing_is_stored_if_the_chain_cannot_be_used(clients, to):
    chain, _ = signed_by_an_authority(request(clients, to))
    _, others = signed_by_an_authority(request(clients, to))

    with pytest.raises(Unusable, match="no trust anchor issued"):
        store(clients, to, chain, others)

    assert read(clients, to) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"usage": ExtendedKeyUsageOID.CODE_SIGNING}, "needs one of the extended usages"),
        ({"days": 1}, "is valid from"),
        ({"padding": 7000}, "a parameter holds 8192"),
    ],
)
def test_a_wrong_certificate_is_refused_with_its_reason(clients, to, public, wrong, message):
    chain, anchors = signed_by_an_authority(request(clients, to), **wrong)

    with pytest.raises(Unusable, match=message):
        check(chain, anchors, public, NOW)


def test_the_certificate_of_another_key_is_refused(clients, to, public):
    other = Certified(clients("kms").create(), "dev")
    chain, anchors = signed_by_an_authority(request(clients, other))

    with pytest.raises(Unusable, match="not of this stack's key"):
        check(chain, anchors, public, NOW)


def test_a_chain_without_its_intermediate_and_one_out_of_order_are_refused(public):
    chain, anchors = issue(public)
    leaf, middle = (f"{one}-----END CERTIFICATE-----\n" for one in chain.split("-----END")[:2])
    middle = middle[middle.index("-----BEGIN") :]

    assert check(chain, anchors, public, NOW).ends > NOW + timedelta(days=300)
    for wrong, message in (
        (leaf, "no trust anchor issued"),
        (middle + leaf, "not of this stack's key"),
        (leaf + anchors + middle, "has a gap"),
        (chain + anchors, "ends with its root"),
        ("PEM", "no certificate in PEM form"),
    ):
        with pytest.raises(Unusable, match=message):
            check(wrong, anchors, public, NOW)


def test_a_root_is_no_signer(public):
    _, anchors = issue(public)
    anchor = x509.load_pem_x509_certificate(anchors.encode())

    with pytest.raises(Unusable, match="is a root"):
        check(anchors, anchors, anchor.public_key(), NOW)  # type: ignore[arg-type]


def test_a_chain_says_if_its_first_certificate_is_a_signers_or_an_authoritys(public):
    signer = check(*issue(public, authority=False), public, NOW)
    authority = check(*issue(public), public, NOW)

    assert (signer.authority, authority.authority) == (False, True)
    assert "each file" in str(signer)
    assert "once for each job" in str(authority)
    assert signer.renew_at == signer.ends - timedelta(days=30)
    assert authority.renew_at == authority.ends - timedelta(days=365)


def limits(path_length: int | None, *, ca: bool = True) -> tuple[x509.ExtensionType, bool]:
    return x509.BasicConstraints(ca=ca, path_length=path_length), True


SIGNS = signer_extensions()[1]
ISSUES = authority_extensions(0)[1]
WRONG_AUTHORITIES = {
    "it may not issue": ({"own": [limits(0), SIGNS]}, "may not issue certificates"),
    "one above may not issue": ({"above": [limits(1), SIGNS]}, "may not issue certificates"),
    "one above is a signer": ({"above": signer_extensions()}, "may not issue certificates"),
    "too many authorities": ({"above": [limits(0), ISSUES]}, "allows 0 authorities below it"),
    "too many for the root": ({"top": [limits(1), ISSUES]}, "allows 1 authorities below it"),
    "no usage": ({"own": [limits(0)]}, "lacks an extension: KeyUsage"),
    "for code only": (
        {"own": [*authority_extensions(0), (x509.ExtendedKeyUsage([CODE_SIGNING]), False)]},
        "needs one of the extended usages",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_AUTHORITIES)
def test_a_wrong_authority_is_refused_with_its_reason(public, wrong):
    extensions, message = WRONG_AUTHORITIES[wrong]

    with pytest.raises(Unusable, match=message):
        check(*a_chain(public, **extensions), public, NOW)


def test_an_authority_whose_usages_include_a_signers_is_accepted(public):
    usage = x509.ExtendedKeyUsage([CODE_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    own = [*authority_extensions(0), (usage, False)]

    assert check(*a_chain(public, own=own), public, NOW).authority


def test_a_throwaway_chain_is_issued_once(clients, to):
    assert issue_once(clients, to)
    first = read(clients, to)

    assert not issue_once(clients, to)
    assert read(clients, to) == first


# --- the command line -----------------------------------------------------------------------------


@pytest.fixture
def run(
    clients: Callable[[str], Any], to: Certified, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    def deployed(stage: str) -> Any:
        return {
            "Outputs": [{"OutputKey": "SigningKey", "OutputValue": to.key}],
            "Parameters": [{"ParameterKey": "Stage", "ParameterValue": stage}],
        }

    class CloudFormation:
        def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803 - as boto3 has it
            found = {} if StackName == "other" else deployed(StackName.removeprefix("likeness-"))
            return {"Stacks": [found]}

    made = {"cloudformation": CloudFormation()}
    monkeypatch.setattr(
        command.boto3, "client", lambda service: made.get(service) or clients(service)
    )

    def command_line(*arguments: str) -> Any:
        try:
            command.main(arguments)
        except SystemExit as ended:
            return ended.code
        return 0

    return command_line


def test_request_then_store(run, clients, to, capsys, tmp_path):
    assert run("--stack", "likeness-dev", "request") == 0
    chain, anchors = signed_by_an_authority(capsys.readouterr().out)
    (tmp_path / "chain.pem").write_text(chain)
    (tmp_path / "roots.pem").write_text(anchors)
    files = ("--chain", str(tmp_path / "chain.pem"), "--anchors", str(tmp_path / "roots.pem"))

    assert run("--stack", "likeness-dev", "store", *files) == 0

    assert read(clients, to) == (chain, anchors)
    said = capsys.readouterr().out
    assert "in use within five minutes" in said
    assert "It is a signer's certificate: KMS signs each file" in said


def test_a_request_of_an_authority(run, capsys):
    assert run("--stack", "likeness-dev", "request", "--authority") == 0

    asked = x509.load_pem_x509_csr(capsys.readouterr().out.encode())
    assert asked.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_prod_gets_no_throwaway_certificate(run, clients):
    message = run("--stack", "likeness-prod", "issue")

    assert "need a certificate of a real authority" in message
    assert read(clients, Certified("", "prod")) is None
    assert run("--stack", "likeness-dev", "issue") == 0


def test_another_stack_is_named(run):
    assert "other has no signing key" in run("--stack", "other", "request")


def test_the_command_needs_a_stack(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["certificate", "request"])
    with pytest.raises(SystemExit):
        command.main()
    assert "--stack" in capsys.readouterr().err
