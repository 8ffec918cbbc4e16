"""The description of the probe: an application with one of everything."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from laptop_cloud.places import ACCOUNT, REGION, Folders, architecture
from laptop_cloud.project import Api, Container, Project, Tool, User

PROBE = Path(__file__).parents[1] / "probe"
PACKAGE = Path(__file__).parents[2]
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/probe:laptop"


def probe(folders: Folders | None = None) -> Project:
    """The probe, by default with its files below laptop-cloud/."""
    return Project(
        root=PACKAGE,
        template=PROBE / "template.yaml",
        sources=(PROBE,),
        stack="probe",
        artifacts="probe-artifacts",
        folders=folders or Folders(state=PACKAGE / ".local", build=PACKAGE / ".aws-sam" / "probe"),
        parameters={"Architecture": architecture(), "Image": IMAGE},
        python=_tool("cloud", "python", sys.executable),
        sam=_tool("sam", "sam", "sam"),
        preload=("boto3", "pydantic"),  # no layer has the second
        containers=(
            Container(
                image=IMAGE,
                program=Tool(Path(sys.executable)),
                arguments=(str(PROBE / "container.py"),),
            ),
        ),
        api=Api(routes="/v1/*"),
        user=User(pool="PoolId", client="ClientId", groups=("staff",)),
    )


def _tool(environment: str, program: str, default: str) -> Tool:
    """From an environment beside the package, or what is installed."""
    path = PACKAGE.parent / ".envs" / environment / "bin" / program
    return Tool(path if path.exists() else Path(shutil.which(default) or default))
