"""The table that a command reads, with the operator's credentials."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from argparse import ArgumentParser


def add_table(parser: ArgumentParser) -> None:
    default = os.environ.get("LIKENESS_TABLE")
    parser.add_argument(
        "--table",
        default=default,
        required=default is None,
        help="the stack's output Table; default: LIKENESS_TABLE",
    )


def table(name: str) -> Any:
    session = boto3.Session()
    if session.region_name is None or session.get_credentials() is None:
        sys.exit("Set AWS_REGION and the AWS credentials of the table's account.")
    return session.resource("dynamodb").Table(name)
