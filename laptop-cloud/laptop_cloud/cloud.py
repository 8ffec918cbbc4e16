"""The laptop cloud's life: up, deploy, status, down.

from laptop_cloud import cloud
running = cloud.up()
running.api_url, running.app_credentials(), running.outputs
"""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from laptop_cloud import certificates, clients, identities, places, processes, sam, servers, state
from laptop_cloud.drift import check as drift
from laptop_cloud.locks import alone
from laptop_cloud.places import HOST, PORT, CannotRun, Places
from laptop_cloud.project import Project, likeness
from infra.publish_console import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from laptop_cloud.clients import Clients
    from laptop_cloud.identities import Credentials, Moderator
    from laptop_cloud.state import State

    Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running cloud with a project deployed."""

    where: Places
    state: State
    project: Project

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.state.port}"

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        return self.state.outputs

    @property
    def api_url(self) -> str:
        """Base of every path of the API: add "/v1/jobs"."""
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['ApiId']}"

    @property
    def console_url(self) -> str | None:
        """Where moderators work; None when what is deployed has no console."""
        edge = next((one for one in self.state.processes if one.name == servers.EDGE), None)
        return f"http://{HOST}:{edge.port}/" if edge else None

    def app_credentials(self) -> Credentials:
        """What the app backend signs its calls with."""
        return identities.assume(self.root(), identities.APP_ROLE)

    def ops_credentials(self) -> Credentials:
        return identities.assume(self.root(), identities.OPS_ROLE)

    def moderator(self) -> Moderator:
        client, password = self.outputs["ModeratorClientId"], self.state.moderator_password
        return identities.sign_in(self.root(), client, password)

    def root(self) -> Clients:
        """Clients of the account's root, which makes the users and does nothing else."""
        return clients.clients(self.endpoint, places.ACCOUNT, self.state.root_secret)

    def act_as(self, user: Credentials) -> Clients:
        """Clients of one of the users: `running.act_as(running.ops_credentials())("s3")`."""
        return clients.clients(self.endpoint, user.access_key, user.secret_key, user.session_token)

    def describe(self) -> dict[str, str]:
        """Addresses and fresh credentials of the three kinds of user, as shell variables."""
        found = {
            "LIKENESS_API_URL": self.api_url,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": places.REGION,
            **self.ops_credentials().environment(),
            **self.app_credentials().environment("APP_"),
        }
        if "ModeratorClientId" in self.outputs:
            moderator = self.moderator()
            found["MODERATOR_USERNAME"] = moderator.username
            found["MODERATOR_PASSWORD"] = moderator.password
            found["MODERATOR_TOKEN"] = moderator.token
        if self.console_url:
            found["LIKENESS_CONSOLE_URL"] = self.console_url
        return found


def quiet(_: str) -> None:
    """Say nothing."""


def up(
    project: Project | None = None,
    *,
    port: int = PORT,
    where: Places | None = None,
    say: Say = quiet,
    gallery: Path = servers.GALLERY,
    models: str | None = None,
    training: Sequence[str] | None = None,
    wait_scale: float = 1.0,
) -> Cloud:
    """Start the cloud if it does not run, deploy if the sources changed, and return it.

    `gallery` is the folder of celebrities' portraits. Tests may bring `models`, the address of a
    Rekognition that runs already, and `training`, another program for SageMaker's image;
    `wait_scale` below 1 shortens the pauses of state machines, between retries too.

    Raises CannotRun with a sentence for the user.
    """
    project, where = project or likeness(), where or Places()
    with alone(where.state, wait=False):
        found = state.load(where)
        if found and found.runs() and not _is_outdated(found):
            say(f"The cloud runs already, at http://{HOST}:{found.port}.")
        else:
            if found:
                _end(found)
            found = _start(
                where,
                port,
                say,
                models=models,
                gallery=gallery,
                training=training or servers.training_program(),
                wait_scale=wait_scale,
            )
        return _deploy(project, where, found, say)


def deploy(
    project: Project | None = None, *, where: Places | None = None, say: Say = quiet
) -> Cloud:
    """Build and deploy what changed to the running cloud, then check that nothing was dropped."""
    project, where = project or likeness(), where or Places()
    found = _running(where)
    with alone(where.state, wait=False):
        return _deploy(project, where, found, say)


def _deploy(project: Project, where: Places, found: State, say: Say) -> Cloud:
    fingerprint = project.fingerprint()
    if found.fingerprint == fingerprint:
        return Cloud(where, found, project)
    began = time.monotonic()
    say("Building ...")  # while the servers start
    built = sam.build(project, where.build, where.logs / "build.log")
    for process in found.processes:
        servers.wait(where, process)
    say(f"Deploying {project.template.name} ...")
    running = Cloud(where, found, project)
    root = running.root()
    root("s3").create_bucket(Bucket=sam.ARTIFACTS)
    identities.make_ops(root)
    ops = running.ops_credentials()
    environment = {"AWS_ENDPOINT_URL": running.endpoint, **ops.environment()}
    sam.deploy(project, built, environment, where.logs / "deploy.log")
    say("Checking that the cloud has what the template says ...")
    drift.check(running.act_as(ops), project.stack)
    outputs = _outputs(running.act_as(ops), project.stack)
    if "SigningKey" in outputs:
        certificates.certify(running.act_as(ops), outputs["SigningKey"], places.STAGE)
    if "ApiId" in outputs:
        identities.make_app_backend(root, outputs["ApiId"])
    password = found.moderator_password
    if "ModeratorPoolId" in outputs:
        password = identities.make_moderator(root, outputs["ModeratorPoolId"], password)
    found = found.but(fingerprint=fingerprint, outputs=outputs, moderator_password=password)
    if "ConsoleBucket" in outputs:
        found = _serve_console(Cloud(where, found, project))
    state.save(where, found)
    say(f"Deployed in {time.monotonic() - began:.0f} s.")
    running = Cloud(where, found, project)
    write_env(running)
    return running


def _serve_console(running: Cloud) -> State:
    """Publish the console as `make deploy` does, and start the edge that answers for it."""
    found, where = running.state, running.where
    publish(
        running.act_as(running.ops_credentials()),
        running.outputs,
        sign_in_url=f"{running.endpoint}/",
    )
    before = next((one for one in found.processes if one.name == servers.EDGE), None)
    if before:
        before.end()
    port = before.port if before else found.port + 1
    edge = servers.start_edge(
        where,
        port if processes.is_free(port) else processes.free_port(),
        domain=urlsplit(running.outputs["ConsoleUrl"]).netloc,
        cloud=running.endpoint,
        api=running.api_url,
    )
    others = tuple(one for one in found.processes if one != before)
    found = found.but(processes=(*others, edge))
    state.save(where, found)  # before waiting: whatever happens, `down` ends it
    servers.wait(where, edge)
    return found


# The three kinds of user, before the first variable of each.
WHO = {
    "LIKENESS_API_URL": "Where everything is",
    "AWS_ACCESS_KEY_ID": "Ops: for the AWS CLI; may do everything, for twelve hours",
    "APP_AWS_ACCESS_KEY_ID": "The app backend: signs its calls of the API (SigV4, execute-api)",
    "MODERATOR_USERNAME": "A moderator: sends the token as Authorization to /v1/reviews",
    "LIKENESS_CONSOLE_URL": "The review desk's page: sign in as that moderator",
}


def write_env(running: Cloud) -> str:
    """Write `.local/env` with fresh credentials; returns its text."""
    lines = []
    for name, value in running.describe().items():
        if name in WHO:
            lines += ["", f"# {WHO[name]}"]
        lines.append(f"export {name}='{value}'")
    text = "\n".join(lines) + "\n"
    state.write_private(running.where.env, text)
    return text


def running(project: Project | None = None, *, where: Places | None = None) -> Cloud:
    """The cloud as it is; raises CannotRun when none runs or nothing is deployed."""
    where = where or Places()
    found = _running(where)
    if not found.fingerprint:
        raise CannotRun("The cloud runs and nothing is deployed. Deploy with: make up")
    return Cloud(where, found, project or likeness())


def down(*, where: Places | None = None, say: Say = quiet) -> None:
    """End everything that `up` started and leave no file of it behind."""
    where = where or Places()
    if not where.state.exists():
        say("No cloud runs.")
        return
    with alone(where.state, wait=False):
        if found := state.load(where):
            _end(found)
        shutil.rmtree(where.state)
    say("The cloud is down, and nothing of it is left.")


def _is_outdated(found: State) -> bool:
    """Was it started by other code than ours, or never deployed to? Then it starts anew."""
    return found.servers != servers.fingerprint() or not found.fingerprint


def _start(
    where: Places,
    port: int,
    say: Say,
    *,
    models: str | None,
    gallery: Path,
    training: Sequence[str],
    wait_scale: float,
) -> State:
    if not processes.is_free(port):
        raise CannotRun(
            f"Port {port} is taken by another program. Choose another: make up PORT={port + 1}"
        )
    say(f"Starting the cloud at http://{HOST}:{port} ...")
    _clear(where.state)
    secret = secrets.token_urlsafe(32)
    started: list[processes.Process] = []
    try:
        if models is None:
            models_port = processes.free_port()
            started.append(servers.start_models(where, models_port, gallery))
            models = f"http://{HOST}:{models_port}"
        started.append(
            servers.start_cloud(
                where, port, secret, models=models, training=training, wait_scale=wait_scale
            )
        )
    except BaseException:
        for process in started:
            process.end()
        raise
    found = state.State(
        port=port,
        root_secret=secret,
        servers=servers.fingerprint(),
        processes=tuple(started),
    )
    state.save(where, found)
    return found


def _clear(folder: Path) -> None:
    """Empty the folder and keep it, for it is locked."""
    for one in folder.iterdir():
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink()


def _end(found: State) -> None:
    for process in reversed(found.processes):
        process.end()


def _running(where: Places) -> State:
    found = state.load(where)
    if found is None or not found.runs():
        raise CannotRun("No cloud runs. Start one with: make up")
    return found


def _outputs(ops: Clients, stack: str) -> dict[str, str]:
    described = ops("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
