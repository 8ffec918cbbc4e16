"""The API of a laptop cloud, as the app backend calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laptop_cloud.places import REGION
from likeness_client import Credentials, Likeness

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud
    from laptop_cloud.identities import RoleCredentials


def app_client(
    running: Cloud, credentials: RoleCredentials | None = None, *, patience_s: float = 60
) -> Likeness:
    """Signs with the app backend's role, or with other credentials."""
    found = credentials or running.app_credentials()
    signing = Credentials(found.access_key, found.secret_key, found.session_token)
    return Likeness(running.api_url, REGION, signing, patience_s=patience_s)
