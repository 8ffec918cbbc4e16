"""The app under uvicorn: its event streams end before uvicorn waits for open connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket

    from starlette.applications import Starlette


class Server(uvicorn.Server):
    """No access log: paths name jobs."""

    def __init__(self, app: Starlette, port: int) -> None:
        super().__init__(
            uvicorn.Config(app, port=port, log_level="warning", access_log=False, ws="none")
        )
        self.app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.app.state.updates.close()
        await super().shutdown(sockets)
