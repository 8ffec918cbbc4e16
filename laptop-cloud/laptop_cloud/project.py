"""The description of a project: what is deployed, and which programs stand in for AWS."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laptop_cloud.places import CannotRun, Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from laptop_cloud.cloud import Cloud

SKIPPED = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that the laptop cloud starts, and the command that installs it."""

    path: Path
    install: str = ""

    def command(self) -> str:
        """The program's path; raises CannotRun if it is missing."""
        if not self.path.exists():
            advice = f" Install it with: {self.install}" if self.install else ""
            raise CannotRun(f"{self.path} is missing.{advice}")
        return str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """The program that stands in for a container image in SageMaker.

    It is started with `arguments`, then `train` or `serve`. A program that serves listens on the
    Unix socket `socket` in its working directory.
    """

    image: str
    program: Tool
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionModels:
    """The models behind Rekognition, in a process of their own.

    `module` has the functions of `laptop_cloud.rekognition.vision.Vision`. `path` is where it is
    imported from; a changed file in `sources` restarts the cloud. `gallery` is a folder of
    portraits for RecognizeCelebrities.
    """

    module: str
    python: Tool
    path: tuple[Path, ...] = ()
    sources: tuple[Path, ...] = ()
    gallery: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The stack's HTTP API, and the role of the application that calls it."""

    output: str = "ApiId"  # the stack output with the API's id
    role: str = "application"
    routes: str = "/*"  # the paths that the role may call
    variable: str = "API_URL"  # its name in `env`


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user whom the cloud creates in a Cognito user pool of the stack."""

    pool: str  # the stack output with the pool's id
    client: str  # the stack output with the client's id
    name: str = "user"
    groups: tuple[str, ...] = ()  # those that do not exist are skipped
    note: str = "A user of the pool"  # a comment in `env`

    @property
    def prefix(self) -> str:
        return self.name.upper().replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A CloudFront distribution that gets a local address."""

    url: str  # the stack output with the distribution's address
    api_paths: tuple[str, ...] = ()  # path prefixes that go to the API
    variable: str = "PAGE_URL"  # its name in `env`
    note: str = "The page"  # a comment in `env`


def _nothing(_: Cloud) -> None:
    """The default of `after_deploy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A SAM application and what it needs on a laptop.

    `sources` are the files and folders that a build reads: nothing is built while they stay the
    same. `release` is the parameter that gets their digest, 16 hexadecimal digits. `preload` names
    third-party modules that many functions import: on Linux a process has them when it starts.
    `after_deploy` runs after each deployment, with the outputs of the stack. `start_command` and
    `port_argument` are quoted in messages to the user.
    """

    root: Path
    template: Path
    sources: tuple[Path, ...]
    stack: str
    artifacts: str  # the bucket for deployment artifacts
    folders: Folders
    parameters: Mapping[str, str] = field(default_factory=dict)
    release: str = ""
    python: Tool = Tool(Path(sys.executable))  # has MiniStack; also runs the functions
    sam: Tool = Tool(Path(shutil.which("sam") or "sam"), "pip install aws-sam-cli")
    build_environment: Mapping[str, str] = field(default_factory=dict)  # of `sam build`
    preload: tuple[str, ...] = ()
    containers: tuple[Container, ...] = ()
    vision: VisionModels | None = None
    api: Api | None = None
    user: User | None = None
    page: Page | None = None
    after_deploy: Callable[[Cloud], None] = _nothing
    start_command: str = "python -m laptop_cloud up"
    port_argument: str = "--port {port}"

    def fingerprint(self) -> str:
        """Changes with every byte that a build or a deployment reads."""
        parameters = "".join(f"{name}={one}\n" for name, one in sorted(self.parameters.items()))
        return digest(parameters, self.template, *self.sources)

    def given(self) -> dict[str, str]:
        """The template's parameters."""
        release = {self.release: self.fingerprint()[:16]} if self.release else {}
        return {**self.parameters, **release}


def digest(text: str, *sources: Path) -> str:
    """A digest of a text and of every file in the sources, without the caches of tools."""
    total = hashlib.sha256(text.encode())
    for source in sources:
        found = sorted(source.rglob("*")) if source.is_dir() else [source]
        for file in found:
            if file.is_file() and not SKIPPED & set(file.parts):
                total.update(f"{file}\n".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def load(reference: str) -> Project:
    """The project at "module:name": a Project, or a function without arguments that returns one.

    Raises CannotRun if there is none.
    """
    module, _, name = reference.partition(":")
    if not module or not name:
        raise CannotRun(f"A project is named as module:object, not as {reference!r}.")
    try:
        found: Any = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise CannotRun(f"There is no project {reference}: {error}.") from error
    project = found if isinstance(found, Project) else found()
    if not isinstance(project, Project):
        raise CannotRun(f"{reference} is not a laptop_cloud.project.Project.")
    return project
