"""Likeness as a project of the laptop cloud: the template that AWS gets, with local parameters.

python -m laptop_cloud --project infra.laptop.project:likeness up
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from infra.certificate import Certified, issue_once
from infra.publish_console import publish
from laptop_cloud.places import ACCOUNT, REGION, Folders, architecture
from laptop_cloud.project import Api, Container, Page, Project, Tool, User, VisionModels

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".envs"
STAGE = "local"
STACK = f"likeness-{STAGE}"
WEB_ORIGIN = "http://localhost:3000"  # of a web client on this machine
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/likeness-model:laptop"
FOLDERS = Folders(state=ROOT / ".local", build=ROOT / ".aws-sam" / "laptop")
GALLERY = ROOT / "infra" / "laptop" / "gallery"
# What every function imports, and what the first client and the first table import.
PRELOAD = (
    "aws_lambda_powertools",
    "boto3.dynamodb.table",
    "boto3.dynamodb.transform",
    "boto3.s3.inject",
    "pydantic.main",
    "pydantic.type_adapter",
    "pydantic.types",
)


def likeness(
    *,
    engine: str = "painter",
    backend: str = "training-job",
    review: str = "flagged",
    folders: Folders = FOLDERS,
    gallery: Path = GALLERY,
    program: tuple[str, ...] = ("-m", "likeness_model"),
    web_origin: str = WEB_ORIGIN,
) -> Project:
    """Likeness, with an engine, a generation backend and a review policy.

    There are no second reviews: a laptop has one moderator. `gallery` has the portraits of
    celebrities, `program` is what runs in the container, `web_origin` the web client's origin.
    """
    infra = ROOT / "infra"
    vision = ROOT / "model" / "likeness_model" / "vision"
    return Project(
        root=ROOT,
        template=ROOT / "template.yaml",
        sources=(
            ROOT / "functions",
            ROOT / "layers",
            infra / "console",
            ROOT / "canary",
            ROOT / "clients" / "python" / "likeness_client",
            *sorted(infra.glob("*.yaml")),
            *sorted(infra.glob("*.json")),
        ),
        stack=STACK,
        artifacts="likeness-laptop-artifacts",
        folders=folders,
        parameters={
            "Stage": STAGE,
            "Architecture": architecture(),
            "TrainingImage": IMAGE,
            "Engine": engine,
            "Backend": backend,
            "ReviewPolicy": review,
            "SecondReviewPercent": "0",
            "TestMode": "on",
            "WebOrigins": web_origin,
            "MonthlyBudget": "100",
            "WebhookLoopback": "true",
            "Canary": "by-hand",
        },
        release="Release",
        python=tool("cloud"),
        sam=tool("sam", "sam"),
        # The Makefiles of the layers read these.
        build_environment={"UV": str(tool("uv", "uv").path), "ARCHITECTURE": architecture()},
        preload=PRELOAD,
        containers=(
            Container(
                image=IMAGE,
                program=tool("model"),
                arguments=program,
                environment={
                    "PYTHONPATH": f"{ROOT / 'model'}:{ROOT / 'layers' / 'likeness'}",
                    # As in the Makefile: a build copies the sources while a container starts.
                    "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode"),
                    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # as in model/Dockerfile
                    "LIKENESS_ADDRESS": "./socket",
                },
            ),
        ),
        vision=VisionModels(
            module="infra.laptop.vision",
            python=tool("vision"),
            path=(ROOT, ROOT / "model"),
            sources=(vision, infra / "laptop" / "vision.py"),
            gallery=gallery,
        ),
        api=Api(role="likeness-app-backend", routes="/v1/*", variable="LIKENESS_API_URL"),
        user=User(
            pool="ModeratorPoolId",
            client="ModeratorClientId",
            name="moderator",
            groups=("moderators", "moderation-leads"),
            note="A moderator: sends the token as Authorization to /v1/reviews",
        ),
        page=Page(
            url="ConsoleUrl",
            api_paths=("/v1/reviews",),
            variable="LIKENESS_CONSOLE_URL",
            note="The page of the review desk: sign in as the moderator",
        ),
        after_deploy=after_deploy,
        start_command="make up",
        port_argument="PORT={port}",
    )


def after_deploy(running: Cloud) -> None:
    """Certify the signing key and publish the console, as `make deploy` and operations do."""
    ops = running.act_as(running.ops_credentials())
    issue_once(ops, Certified(running.outputs["SigningKey"], STAGE))
    publish(ops, running.outputs, sign_in_url=f"{running.endpoint}/")


def tool(environment: str, program: str = "python") -> Tool:
    """A program of one of the environments in .envs/."""
    path = ENVIRONMENTS / environment / "bin" / program
    return Tool(path, f"requirements/install.sh {environment}")
