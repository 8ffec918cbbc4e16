"""The app's backend: sign-in, the page with its API, and the receiver of Likeness's webhook.

The page does not call Likeness: that needs AWS credentials. It calls `/api/...`, and this backend
checks whose job it is. Photos go past it, from the phone to the bucket, with a presigned POST.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.app.operations import Call, Json, Operations, Refused
from examples.app.updates import Updates
from likeness_client import errors, webhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from examples.app.store import Store, User
    from likeness_client import Likeness

PAGE = Path(__file__).parent / "page"
MAX_BODY = 64 * 1024  # bytes
SAME = {400, 404, 409, 422, 429}  # statuses of Likeness that are the user's business
FIELDS = ("error", "reason", "job_id", "next_day_begins_at")  # of its errors; no English message


@dataclass(frozen=True, slots=True)
class Settings:
    """`issuer`: of receipts, `likeness/<stage>`. `media`: the origins of both buckets."""

    api_url: str
    issuer: str
    session_secret: str
    webhook_secret: str
    media: tuple[str, ...]
    https: bool = True


class Backend:
    """The HTTP side of the operations."""

    def __init__(self, likeness: Likeness, store: Store, settings: Settings) -> None:
        self.operations = Operations(
            likeness, store, api_url=settings.api_url, issuer=settings.issuer
        )
        self.store, self.settings = store, settings
        self.updates = Updates()

    def routes(self) -> list[Route | Mount]:
        does = self.operations
        table: dict[tuple[str, str], Callable[[Call], Json]] = {
            ("POST", "jobs"): does.create_job,
            ("GET", "jobs/{job_id}"): does.get_job,
            ("DELETE", "jobs/{job_id}"): does.delete_job,
            ("POST", "jobs/{job_id}/photos"): does.add_photo,
            ("DELETE", "jobs/{job_id}/photos/{photo_id}"): does.delete_photo,
            ("POST", "jobs/{job_id}/submit"): does.submit_job,
            ("POST", "jobs/{job_id}/keep"): does.keep_avatars,
            ("POST", "jobs/{job_id}/appeal"): does.appeal_job,
            ("GET", "jobs/{job_id}/receipt"): does.receipt,
            ("PUT", "me/picture"): does.set_picture,
            ("PUT", "plus"): does.buy_plus,
            ("DELETE", "plus"): does.end_plus,
        }
        return [
            *(
                Route(f"/api/{path}", self._signed_in(work), methods=[method])
                for (method, path), work in table.items()
            ),
            Route("/api/styles", _errors(self.styles), methods=["GET"]),
            Route("/api/session", _errors(self.sign_in), methods=["POST"]),
            Route("/api/session", _errors(self.sign_out), methods=["DELETE"]),
            Route("/api/me", _errors(self.me), methods=["GET"]),
            Route("/api/me", _errors(self.erase), methods=["DELETE"]),
            Route("/api/me/picture", _errors(self.picture), methods=["GET"]),
            Route("/api/erasure", _errors(self.erasure), methods=["GET"]),
            Route("/api/updates", _errors(self.stream), methods=["GET"]),
            Route("/webhook", self.webhook, methods=["POST"]),
            Mount("/", StaticFiles(directory=PAGE, html=True)),
        ]

    async def sign_in(self, request: Request) -> Response:
        """A name is enough: an example. A real app signs its users in as it always does."""
        name = str((await _json(request)).get("name", "")).strip()
        if not 0 < len(name) <= 40:
            raise Refused(400, "Invalid")
        request.session.clear()
        request.session["user"] = await run_in_threadpool(self.store.sign_in, name)
        return JSONResponse({})

    async def sign_out(self, request: Request) -> Response:
        request.session.clear()
        return JSONResponse({})

    async def styles(self, _: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.operations.styles))

    async def me(self, request: Request) -> Response:
        if user := self._user(request):
            call = Call(user, {}, {}, "")
            return JSONResponse(await run_in_threadpool(self.operations.me, call))
        return JSONResponse({"name": None, "erasure": "erasure" in request.session})

    async def erase(self, request: Request) -> Response:
        call = Call(self._require_user(request), {}, {}, "")
        erasure_id = await run_in_threadpool(self.operations.erase, call)
        request.session.clear()
        request.session["erasure"] = erasure_id  # the page shows the receipt
        return JSONResponse({})

    async def erasure(self, request: Request) -> Response:
        if not (erasure_id := request.session.get("erasure")):
            raise Refused(404, "NotFound")
        return JSONResponse(await run_in_threadpool(self.operations.erasure, erasure_id))

    async def picture(self, request: Request) -> Response:
        """The page asks with another query after each change, so a browser may store it."""
        picture = self.store.picture(self._require_user(request).user_id)
        if picture is None:
            raise Refused(404, "NotFound")
        caching = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(picture, media_type="image/webp", headers=caching)

    async def stream(self, request: Request) -> Response:
        updates = self.updates.stream(self._require_user(request).user_id)
        return StreamingResponse(updates, media_type="text/event-stream")

    async def webhook(self, request: Request) -> Response:
        """Wake the user's pages. That may be repeated, so a repeated event needs no bookkeeping."""
        try:
            body = await _read(request)
            event = webhooks.verify(body, request.headers, self.settings.webhook_secret)
        except (errors.NotGenuine, Refused):
            return Response(status_code=400)
        self.updates.tell(str(event["data"].get("user_id")))
        return Response(status_code=204)

    def _signed_in(self, work: Callable[[Call], Json]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            user = self._require_user(request)
            key = f"{user.user_id}:{request.headers.get('idempotency-key') or uuid4()}"
            call = Call(user, request.path_params, await _json(request), key)
            return JSONResponse(await run_in_threadpool(work, call))

        return _errors(endpoint)

    def _user(self, request: Request) -> User | None:
        return self.store.user(request.session.get("user", ""))

    def _require_user(self, request: Request) -> User:
        if user := self._user(request):
            return user
        raise Refused(401, "SignedOut")


def create_app(likeness: Likeness, store: Store, settings: Settings) -> Starlette:
    backend = Backend(likeness, store, settings)
    app = Starlette(
        routes=backend.routes(),
        middleware=[
            Middleware(Guard, media=(*settings.media, origin(settings.api_url))),
            Middleware(
                SessionMiddleware,
                secret_key=settings.session_secret,
                session_cookie="session",
                https_only=settings.https,
                same_site="strict",
            ),
        ],
    )
    app.state.updates = backend.updates
    return app


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Guard:
    """Refuses requests of other sites' pages, and sets the security headers of each response.

    SameSite=Strict alone would allow a page of another port or subdomain. Rule of Go's net/http
    CrossOriginProtection: Sec-Fetch-Site decides; without it, Origin must be this host. The webhook
    comes from no browser.
    """

    def __init__(self, app: ASGIApp, media: tuple[str, ...]) -> None:
        self.app = app
        media_sources = " ".join(media)
        self.headers = {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; "
                f"img-src 'self' blob: {media_sources}; connect-src 'self' {media_sources}; "
                "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
                "require-trusted-types-for 'script'"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                headers.setdefault("Cache-Control", "no-store" if _is_api(scope) else "no-cache")
            await send(message)

        refused = scope["method"] not in {"GET", "HEAD"} and _from_elsewhere(Headers(scope=scope))
        app = JSONResponse({"error": "Forbidden"}, 403) if refused else self.app
        return await app(scope, receive, send_with_headers)


def _is_api(scope: Scope) -> bool:
    return str(scope["path"]).startswith("/api/")


def _from_elsewhere(headers: Headers) -> bool:
    if site := headers.get("sec-fetch-site"):
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _errors(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Errors as JSON: the page chooses its own words by `error`."""

    async def answered(request: Request) -> Response:
        try:
            response: Response = await endpoint(request)
        except Refused as refused:
            return JSONResponse({"error": refused.kind}, refused.status)
        except errors.ApiError as error:
            if error.status not in SAME and not isinstance(error, errors.NotAccepting):
                return JSONResponse({"error": "Unavailable"}, 503)
            facts = {name: value for name, value in error.body.items() if name in FIELDS and value}
            return JSONResponse(facts, error.status)
        except errors.LikenessError:
            return JSONResponse({"error": "Unavailable"}, 503)
        return response

    return answered


async def _json(request: Request) -> Json:
    """The body of a request; {} if it has none. Raises Refused."""
    body = await _read(request)
    if not body:
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if request.headers.get("content-type") != "application/json" or not isinstance(found, dict):
        raise Refused(400, "Invalid")
    return found


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "Invalid")
    return body
