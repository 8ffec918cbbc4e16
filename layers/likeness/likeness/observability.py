"""The logger. Log lines contain job ids, but no user ids, URLs, tokens or pictures."""

from aws_lambda_powertools import Logger

logger = Logger(service="likeness", log_uncaught_exceptions=True)
