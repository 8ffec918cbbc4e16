"""Client of the Likeness API for an app's server.

from likeness_client import Likeness, errors, receipts, types, webhooks
"""

from botocore.credentials import Credentials

from likeness_client import errors, receipts, types, webhooks
from likeness_client.client import Likeness
from likeness_client.version import VERSION as __version__  # noqa: N811

__all__ = ["Credentials", "Likeness", "__version__", "errors", "receipts", "types", "webhooks"]
