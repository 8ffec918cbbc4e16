"""The one logger. Lines carry ids of jobs, never of people, and no link, token or picture."""

from aws_lambda_powertools import Logger

logger = Logger(service="likeness", log_uncaught_exceptions=True)
