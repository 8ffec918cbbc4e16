"""The table that a command reads, with the operator's credentials."""

from __future__ import annotations

import os
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
    return boto3.resource("dynamodb").Table(name)
