"""The life cycle of a laptop cloud: up, deploy, running, down.

from laptop_cloud import cloud
running = cloud.up(project)
running.api_url, running.app_credentials(), running.outputs
"""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from laptop_cloud import (
    calls as recorded,
    clients,
    identities,
    places,
    processes,
    sam,
    servers,
    state,
)
from laptop_cloud.drift import check as drift
from laptop_cloud.locks import locked
from laptop_cloud.places import HOST, PORT, CannotRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from laptop_cloud.clients import Clients
    from laptop_cloud.identities import RoleCredentials, SignedIn
    from laptop_cloud.project import Page, Project
    from laptop_cloud.state import State

    Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running cloud with a project deployed."""

    project: Project
    state: State

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.state.port}"

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        return self.state.outputs

    @property
    def api_url(self) -> str:
        """The base of the API's paths; raises CannotRun if the project has no API."""
        if self.project.api is None:
            raise CannotRun("The project describes no API.")
        return f"{self.endpoint}/_aws/execute-api/{self.outputs[self.project.api.output]}"

    @property
    def page_url(self) -> str | None:
        """The local address of the project's page, if it has one."""
        edge = self.state.process(servers.CLOUDFRONT)
        return f"http://{HOST}:{edge.port}/" if edge else None

    def app_credentials(self) -> RoleCredentials:
        """Credentials of the application that calls the API."""
        if self.project.api is None:
            raise CannotRun("The project describes no API.")
        return identities.assume(self.root(), self.project.api.role)

    def ops_credentials(self) -> RoleCredentials:
        return identities.assume(self.root(), identities.OPS_ROLE)

    def user(self) -> SignedIn:
        """Sign in as the project's user."""
        user = self.project.user
        if user is None:
            raise CannotRun("The project describes no user.")
        client = self.outputs[user.client]
        return identities.sign_in(self.root(), user, client, self.user_secrets())

    def user_secrets(self) -> identities.UserSecrets:
        return identities.UserSecrets(self.state.user_password, self.state.user_totp)

    def root(self) -> Clients:
        """Clients of the account's root, which creates the users and does nothing else."""
        return clients.clients(self.endpoint, places.ACCOUNT, self.state.root_secret)

    def act_as(self, user: RoleCredentials) -> Clients:
        """Clients with these credentials: `running.act_as(running.ops_credentials())("s3")`."""
        return clients.clients(self.endpoint, user.access_key, user.secret_key, user.session_token)

    def calls(self) -> list[recorded.Call]:
        """The calls so far, if the cloud was started with a pattern for them."""
        return recorded.read(servers.calls_of(self.project.folders))

    def describe(self) -> str:
        """Addresses and fresh credentials of each kind of user, as lines of a shell script."""
        text = _Exports()
        project = self.project
        api = {project.api.variable: self.api_url} if project.api else {}
        region = {"AWS_DEFAULT_REGION": places.REGION}
        text.add("Addresses", {**api, "AWS_ENDPOINT_URL": self.endpoint, **region})
        text.add(
            "Operations: may do everything, for twelve hours", self.ops_credentials().environment()
        )
        if project.api:
            text.add(
                "The application: signs its calls of the API (SigV4, execute-api)",
                self.app_credentials().environment("APP_"),
            )
        if project.user and project.user.client in self.outputs:
            user, prefix = self.user(), project.user.prefix
            text.add(
                project.user.note,
                {
                    f"{prefix}_USERNAME": user.username,
                    f"{prefix}_PASSWORD": user.password,
                    f"{prefix}_TOKEN": user.token,
                }
                | ({f"{prefix}_CODE": user.code} if user.code else {}),
            )
        if project.page and self.page_url:
            text.add(project.page.note, {project.page.variable: self.page_url})
        return str(text)


class _Exports:
    """Shell variables in groups, each below a comment."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, comment: str, variables: dict[str, str]) -> None:
        self._lines += ["", f"# {comment}"]
        self._lines += [f"export {name}='{value}'" for name, value in variables.items()]

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"


def quiet(_: str) -> None:
    """Print nothing."""


def up(
    project: Project,
    *,
    port: int = PORT,
    say: Say = quiet,
    rekognition: str | None = None,
    wait_scale: float = 1.0,
    quotas: str = "",
    calls: str = "",
) -> Cloud:
    """Start the cloud if it does not run, deploy if the sources changed, and return it.

    `rekognition` is the address of a Rekognition that runs already, for tests. `wait_scale` below 1
    shortens the pauses of state machines, also those between retries. With `quotas="aws"` services
    throttle as in a new account. With `calls`, a pattern, a new cloud records each call and what
    the pattern matches in it: see `Cloud.calls`.

    Raises CannotRun with a sentence for the user.
    """
    with locked(project.folders.state, wait=False):
        found = state.load(project.folders)
        if found and found.runs() and not _is_outdated(project, found, quotas):
            say(f"The cloud already runs at http://{HOST}:{found.port}.")
        else:
            if found:
                _end(found)
            found = _start(
                project,
                port,
                say,
                rekognition=rekognition,
                wait_scale=wait_scale,
                quotas=quotas,
                calls=calls,
            )
        return _deploy(project, found, say)


def deploy(project: Project, *, say: Say = quiet) -> Cloud:
    """Build and deploy changes to the running cloud, then check it for drift."""
    found = _running(project)
    with locked(project.folders.state, wait=False):
        return _deploy(project, found, say)


def running(project: Project) -> Cloud:
    """The cloud as it is; raises CannotRun if none runs or nothing is deployed."""
    found = _running(project)
    if not found.fingerprint:
        raise CannotRun(
            f"The cloud runs and nothing is deployed. Deploy with: {project.start_command}"
        )
    return Cloud(project, found)


def down(project: Project, *, say: Say = quiet) -> None:
    """End all processes of the cloud and delete its state folder."""
    folder = project.folders.state
    if not folder.exists():
        say("No cloud runs.")
        return
    with locked(folder, wait=False):
        if found := state.load(project.folders):
            _end(found)
        shutil.rmtree(folder)
    say("The cloud has ended and its files are deleted.")


def write_env(running: Cloud) -> str:
    """Write the file `env` with fresh credentials; returns its text."""
    text = running.describe()
    state.write_private(running.project.folders.env, text)
    return text


def _deploy(project: Project, found: State, say: Say) -> Cloud:
    fingerprint = project.fingerprint()
    if found.fingerprint == fingerprint:
        return Cloud(project, found)
    folders = project.folders
    began = time.monotonic()
    say("Building ...")  # while the servers start
    running = Cloud(project, found)
    with sam.built(project, folders.logs / "build.log") as template:
        for process in found.processes:
            servers.wait(folders, process)
        say(f"Deploying {project.template.name} ...")
        root = running.root()
        root("s3").create_bucket(Bucket=project.artifacts)
        identities.make_ops(root)
        ops = running.ops_credentials()
        environment = {"AWS_ENDPOINT_URL": running.endpoint, **ops.environment()}
        sam.deploy(project, template, environment, folders.logs / "deploy.log")
    say("Comparing the cloud with the template ...")
    drift.check(running.act_as(ops), project.stack)
    outputs = _outputs(running.act_as(ops), project.stack)
    if project.api:
        identities.make_application(root, project.api, outputs[project.api.output])
    found = found.but(fingerprint=fingerprint, outputs=outputs)
    if project.user:
        ids = identities.PoolIds(outputs[project.user.pool], outputs[project.user.client])
        made = identities.make_user(root, project.user, ids, running.user_secrets())
        found = found.but(user_password=made.password, user_totp=made.totp)
    project.after_deploy(Cloud(project, found))
    if project.page:
        found = _start_page(Cloud(project, found), project.page)
    state.save(folders, found)
    say(f"Deployed in {time.monotonic() - began:.0f} s.")
    running = Cloud(project, found)
    write_env(running)
    return running


def _start_page(running: Cloud, page: Page) -> State:
    found, project = running.state, running.project
    before = found.process(servers.CLOUDFRONT)
    if before:
        before.end()
    port = before.port if before else found.port + 1
    edge = servers.start_edge(
        project,
        port if processes.is_free(port) else processes.free_port(),
        domain=urlsplit(running.outputs[page.url]).netloc,
        cloud=running.endpoint,
        api=running.api_url if page.api_paths else "",
        api_paths=page.api_paths,
    )
    others = tuple(one for one in found.processes if one != before)
    found = found.but(processes=(*others, edge))
    state.save(project.folders, found)  # before waiting, so that `down` ends it in any case
    servers.wait(project.folders, edge)
    return found


def _is_outdated(project: Project, found: State, quotas: str) -> bool:
    """It has other code or other quotas, or nothing is deployed: it must start again."""
    return found.servers != servers.fingerprint(project, quotas) or not found.fingerprint


def _start(
    project: Project,
    port: int,
    say: Say,
    *,
    rekognition: str | None,
    wait_scale: float,
    quotas: str,
    calls: str,
) -> State:
    if not processes.is_free(port):
        advice = f"{project.start_command} {project.port_argument.format(port=port + 1)}"
        raise CannotRun(f"Another program uses port {port}. Choose another port: {advice}")
    say(f"Starting the cloud at http://{HOST}:{port} ...")
    _empty(project.folders.state)
    secret = secrets.token_urlsafe(32)
    started: list[processes.Process] = []
    try:
        if rekognition is None and project.vision:
            own_port = processes.free_port()
            started.append(servers.start_rekognition(project, project.vision, own_port))
            rekognition = f"http://{HOST}:{own_port}"
        started.append(
            servers.start_ministack(
                project,
                port,
                secret,
                rekognition=rekognition or "",
                wait_scale=wait_scale,
                quotas=quotas,
                calls=calls,
            )
        )
    except BaseException:
        for process in started:
            process.end()
        raise
    found = state.State(
        port=port,
        root_secret=secret,
        servers=servers.fingerprint(project, quotas),
        processes=tuple(started),
    )
    state.save(project.folders, found)
    return found


def _empty(folder: Path) -> None:
    """Delete the content of the folder. The folder itself stays, because it is locked."""
    for one in folder.iterdir():
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink()


def _end(found: State) -> None:
    for process in reversed(found.processes):
        process.end()


def _running(project: Project) -> State:
    found = state.load(project.folders)
    if found is None or not found.runs():
        raise CannotRun(f"No cloud runs. Start one with: {project.start_command}")
    return found


def _outputs(ops: Clients, stack: str) -> dict[str, str]:
    described = ops("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
