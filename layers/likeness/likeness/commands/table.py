"""The table that a command reads, with the credentials of whoever runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from argparse import ArgumentParser


def add_table(parser: ArgumentParser) -> None:
    named = os.environ.get("LIKENESS_TABLE")
    parser.add_argument(
        "--table",
        default=named,
        required=named is None,
        help="the stack's output Table; LIKENESS_TABLE where it is set",
    )


def table(name: str) -> Any:
    return boto3.resource("dynamodb").Table(name)
