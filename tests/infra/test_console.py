"""The console's files and its template as data: what a browser may do, and what it may not."""

import json
import re
from html.parser import HTMLParser

import pytest

from infra import publish_console
from likeness.domain.account.age import AgeMethod
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.hold import HoldState, HoldTrigger
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.staff import StaffStatus
from likeness.domain.verdict import Outcome, Severity
from tests.infra.documents import ROOT, TOP, read

FILES = sorted(file for file in publish_console.FILES.rglob("*") if file.is_file())
SCRIPTS = [file for file in FILES if file.suffix == ".js"]
CONSOLE = read("infra/console.yaml")["Resources"]
DISTRIBUTION = CONSOLE["Distribution"]["Properties"]["DistributionConfig"]


def policy():
    headers = CONSOLE["Headers"]["Properties"]["ResponseHeadersPolicyConfig"]
    text = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Sub"]
    return {one.split()[0]: one.split()[1:] for one in text.split(";")}


def words(language):
    """Each key of a language's book, in the order of its file."""
    text = (publish_console.FILES / "words" / f"{language}.js").read_text()
    return re.findall(r'^  "([^"]+)":', text, re.MULTILINE)


def test_nothing_inline_may_run_and_nothing_comes_from_elsewhere():
    csp = policy()
    assert csp["default-src"] == ["'none'"]
    assert csp["script-src"] == csp["style-src"] == ["'self'"]
    assert csp["frame-ancestors"] == csp["base-uri"] == csp["form-action"] == ["'none'"]
    assert csp["require-trusted-types-for"] == ["'script'"]
    assert [one for one in csp["connect-src"] if "cognito-idp." not in one] == ["'self'"]
    pictures = [one for one in csp["img-src"] if one not in {"'self'", "data:"}]
    assert all(one.startswith("https://${PhotosBucketName}.s3.") for one in pictures)


def test_a_domain_of_its_own_refuses_old_tls():
    """CloudFront's own certificate accepts TLS 1.0, whatever the distribution says."""
    condition, own, default = DISTRIBUTION["ViewerCertificate"]["If"]
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert own["AcmCertificateArn"] == {"Ref": "ConsoleCertificate"}
    assert default == {"CloudFrontDefaultCertificate": True}
    assert DISTRIBUTION["Aliases"]["If"] == [
        condition,
        [{"Ref": "ConsoleDomain"}],
        {"Ref": "AWS::NoValue"},
    ]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_certificate_is_one_that_cloudfront_reads(region):
    pattern = read(TOP)["Parameters"]["ConsoleCertificate"]["AllowedPattern"]
    arn = f"arn:aws:acm:{region}:123456789012:certificate/0a1b-2c"
    assert bool(re.fullmatch(pattern, arn)) is (region == "us-east-1")


def test_the_page_has_no_script_or_style_of_its_own():
    class Page(HTMLParser):
        found: list[str] = []

        def handle_starttag(self, tag, attrs):
            names = dict(attrs)
            self.found += [name for name in names if name == "style" or name.startswith("on")]
            if tag == "style" or (tag == "script" and "src" not in names):
                self.found.append(tag)

    page = Page()
    page.feed((publish_console.FILES / "index.html").read_text())
    assert page.found == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_names_another_host_or_a_place_that_outlives_the_page(file):
    text = file.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://", text)
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML", text)


def test_no_script_is_left_out_of_the_check_of_types():
    """tsconfig.json checks the folder; only third-party code has no types."""
    settings = json.loads((ROOT / "tsconfig.json").read_text())
    assert settings["include"] == ["infra/console"]
    assert settings["compilerOptions"]["checkJs"]
    assert settings["compilerOptions"]["strict"]
    without = [file for file in SCRIPTS if re.search(r"@ts-(nocheck|ignore)", file.read_text())]
    assert {file.parent.name for file in without} <= {"vendor"}


def test_both_languages_have_the_same_words():
    assert words("en") == words("de")
    assert len(set(words("en"))) == len(words("en"))


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("reason", [one for one in Reason if one.family not in {"SYSTEM", "QUOTA"}]),
        ("action", AuditAction),
        ("method", AgeMethod),
        ("severity", Severity),
        ("state", ReviewState),
        ("kind", ReviewKind),
        ("outcome", Outcome),
        ("people.status", StaffStatus),
        ("held.state", HoldState),
        ("held.trigger", HoldTrigger),
    ],
)
def test_everything_the_desk_can_say_has_words(group, names):
    known = set(words("en"))
    assert {
        f"{group}.{str(name).lower() if group == 'severity' else name}" for name in names
    } <= known


def test_every_word_that_a_script_asks_for_is_there():
    asked = {
        key
        for file in SCRIPTS
        if file.parent.name != "words"
        for key in re.findall(r'\bt\("([^"]+)"|words: "([^"]+)"', file.read_text())
        for key in key
        if key
    }
    assert len(asked) > 50
    assert asked <= set(words("en"))


def test_no_browser_keeps_anything_of_the_desk():
    headers = CONSOLE["Headers"]["Properties"]["ResponseHeadersPolicyConfig"]
    custom = {one["Header"]: one["Value"] for one in headers["CustomHeadersConfig"]["Items"]}
    assert custom["Cache-Control"] == "no-store"
    for behaviour in (DISTRIBUTION["DefaultCacheBehavior"], *DISTRIBUTION["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "Headers"}
        assert behaviour["ViewerProtocolPolicy"] in {"https-only", "redirect-to-https"}


def test_the_desks_routes_and_no_others_go_through_to_the_api():
    (routes,) = DISTRIBUTION["CacheBehaviors"]
    assert (routes["PathPattern"], routes["TargetOriginId"]) == ("/v1/reviews*", "api")
    assert DISTRIBUTION["DefaultCacheBehavior"]["TargetOriginId"] == "files"


def test_the_files_are_read_by_this_distribution_alone():
    assert all(CONSOLE["Files"]["Properties"]["PublicAccessBlockConfiguration"].values())
    reads, tls = CONSOLE["FilesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert reads["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "${Distribution}" in reads["Condition"]["StringEquals"]["AWS:SourceArn"]["Sub"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_publishing_writes_every_file_with_its_type_and_takes_away_the_rest():
    s3 = Bucket({"old.js": {}})
    outputs = {"ConsoleBucket": "b", "ConsoleDistribution": "d", "ModeratorClientId": "client"}

    keys = publish_console.publish(
        {"s3": s3, "cloudfront": s3}.get, outputs, sign_in_url="https://s"
    )

    assert (
        set(keys)
        == set(s3.held)
        == {
            *(file.relative_to(publish_console.FILES).as_posix() for file in FILES),
            "config.json",
        }
    )
    assert s3.held["main.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert s3.held["index.html"]["ContentType"] == "text/html"
    assert s3.held["icon.svg"]["ContentType"] == "image/svg+xml"
    config = json.loads(s3.held["config.json"]["Body"])
    assert config == {"sign_in_url": "https://s", "client_id": "client"}
    assert s3.forgotten == ["/*"]


class Bucket:
    """As much of S3 and CloudFront as publishing needs."""

    def __init__(self, held):
        self.held, self.forgotten = held, []

    def put_object(self, *, Key, **rest):
        self.held[Key] = rest

    def delete_object(self, *, Key, **_):
        del self.held[Key]

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        return [{"Contents": [{"Key": key} for key in list(self.held)]}]

    def create_invalidation(self, *, InvalidationBatch, **_):
        self.forgotten += InvalidationBatch["Paths"]["Items"]


def test_deploying_publishes():
    recipe = (ROOT / "Makefile").read_text().partition("\ndeploy:")[2].partition("\n\n")[0]
    assert "\n\t.envs/cloud/bin/python -m infra.publish_console --config-env $(ENV)\n" in recipe
