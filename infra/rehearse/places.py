"""Where a stack is rehearsed: an AWS account, or the laptop cloud."""

from __future__ import annotations

import subprocess
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config

from demo.__main__ import how_to_decide
from infra.laptop.client import app_client
from infra.rehearse import account
from infra.rehearse.definitions import ROOT
from infra.rehearse.results import CheckResult, Failed, Level
from laptop_cloud import cloud, places
from likeness_client import Likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.rehearse.results import Clients
    from laptop_cloud.project import Project

# ListServiceQuotas is throttled, and SageMaker has thousands.
CALLS = Config(retries={"mode": "adaptive", "max_attempts": 10})


class Place(Protocol):
    @property
    def stack(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def clients(self) -> Clients:
        """Clients with the operator's permissions."""

    def image(self, uri: str, deployed: Mapping[str, str]) -> str:
        """The image to deploy: the given one, or that of the stack."""

    def check_image(self, uri: str) -> Iterator[CheckResult]: ...

    def deploy(self, image: str, parameters: str, *, ask: bool) -> None:
        """Idempotent. `ask`: show the change set and wait for a confirmation. Raises Failed."""

    def app_backend(self, outputs: Mapping[str, str]) -> Likeness: ...

    def advice(self, outputs: Mapping[str, str]) -> Callable[[str], str]:
        """How to decide a job's review."""


@dataclass(frozen=True)
class Account:
    """An AWS account: credentials of the environment, region of samconfig.toml."""

    stack: str
    stage: str
    region: str
    session: boto3.Session

    @classmethod
    def of(cls, stack: str) -> Account:
        """Raises Failed if samconfig.toml has no such stack, or if there are no credentials."""
        known = tomllib.loads((ROOT / "samconfig.toml").read_text())
        for stage, table in known.items():
            deployed = table.get("deploy", {}) if isinstance(table, dict) else {}
            options = deployed.get("parameters", {})
            if options.get("stack_name") == stack:
                session = boto3.Session(region_name=options["region"])
                if session.get_credentials() is None:
                    raise Failed(
                        "There are no AWS credentials", "sign in, for example: aws sso login"
                    )
                return cls(stack, stage, options["region"], session)
        raise Failed(f"samconfig.toml has no stack {stack}", "choose one of those in it")

    @cached_property
    def clients(self) -> Clients:
        make: Any = self.session.client  # the stubs know only names in the source
        return lambda service: make(service, config=CALLS)

    def image(self, uri: str, deployed: Mapping[str, str]) -> str:
        return uri or deployed.get("TrainingImage", "")

    def check_image(self, uri: str) -> Iterator[CheckResult]:
        return account.image(self.session.client, self.region, uri)

    def deploy(self, image: str, parameters: str, *, ask: bool) -> None:
        command = [
            *("make", "deploy", f"ENV={self.stage}", f"TRAINING_IMAGE={image}"),
            *(f"PARAMETERS={parameters}", f"CONFIRM={'yes' if ask else 'no'}"),
        ]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise Failed(
                "make deploy failed; the SAM CLI printed the reason above",
                "docs/deploying.md, section What goes wrong; then make rehearse again",
            )

    def app_backend(self, outputs: Mapping[str, str]) -> Likeness:
        found = self.session.get_credentials()
        if found is None:
            raise Failed("The AWS credentials have ended", "sign in again")
        return Likeness(outputs["ApiUrl"], self.region, found)

    def advice(self, outputs: Mapping[str, str]) -> Callable[[str], str]:
        return lambda job_id: (
            f"The job waits in the review queue. Sign in at {outputs['ConsoleUrl']} as a moderator "
            f"and approve the case r{job_id.removeprefix('j')}. The rehearsal goes on then."
        )


@dataclass(frozen=True)
class Laptop:
    """The laptop cloud of a project; `deploy` starts it."""

    project: Project
    port: int = places.PORT
    say: Callable[[str], None] = cloud.quiet
    region: str = field(default=places.REGION, init=False)

    @property
    def stack(self) -> str:
        return self.project.stack

    @cached_property
    def _running(self) -> cloud.Cloud:
        try:
            return cloud.up(self.project, port=self.port, say=self.say)
        except places.CannotRun as error:
            raise Failed(str(error)) from error

    @cached_property
    def clients(self) -> Clients:
        return self._running.act_as(self._running.ops_credentials())

    def image(self, uri: str, deployed: Mapping[str, str]) -> str:
        del uri, deployed
        return self.project.parameters["TrainingImage"]

    def check_image(self, uri: str) -> Iterator[CheckResult]:
        text = f"{uri} stands for a program of this machine"
        yield CheckResult("image", Level.UNSEEN, text)

    def deploy(self, image: str, parameters: str, *, ask: bool) -> None:
        del image, ask
        if parameters:
            raise Failed("The laptop's parameters are in infra/laptop/project.py")
        _ = self._running

    def app_backend(self, outputs: Mapping[str, str]) -> Likeness:
        del outputs
        return app_client(self._running)

    def advice(self, outputs: Mapping[str, str]) -> Callable[[str], str]:
        del outputs
        page = self._running.page_url
        return lambda job_id: how_to_decide(job_id, page)
