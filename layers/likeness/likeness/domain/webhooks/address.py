"""Which addresses a webhook may have: https, and public.

A request to a private address would reach systems that trust their network (server-side request
forgery; Standard Webhooks 1.0.0, "Server side request forgery"). In a Lambda function the loopback
address is the Runtime API, so only the laptop may allow it.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from likeness.domain.errors import Invalid

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: what a connection needs, and the path of the request."""

    tls: bool
    host: str
    port: int
    path: str


def target(url: str, *, loopback: bool) -> Target:
    """Returns where the URL leads. Raises Invalid, naming the rule, if it may be no webhook's.

    `loopback`: http is allowed too, to the loopback address. A name is checked when it is resolved.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _invalid("is not a URL") from error
    host = parts.hostname or ""
    if not url.isascii() or not url.isprintable() or " " in url or not host:
        raise Invalid(
            "url: send an absolute URL in ASCII; write an international name as punycode",
            field="/body/url",
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid(
            "url: send no user, password or fragment: the signature shows who sends",
            field="/body/url",
        )
    try:
        literal: IpAddress | None = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    local = loopback and ((literal is not None and literal.is_loopback) or host == "localhost")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise _invalid("must begin with https://")
    if port == 0 or (literal is not None and not allowed(literal, loopback=loopback)):
        raise _invalid("must lead to a public address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = parts.scheme == "https"
    return Target(tls=tls, host=host, port=port or (443 if tls else 80), path=path)


def _invalid(why: str) -> Invalid:
    return Invalid(f"url: {why}", field="/body/url")


def allowed(address: IpAddress, *, loopback: bool) -> bool:
    """Whether a webhook may be at this address.

    An IPv6 address that leads to an IPv4 address is refused (6to4, Teredo; NAT64 counts as
    reserved), except in the form of RFC 4291, 2.5.5.2, which stands for that address.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return allowed(address.ipv4_mapped, loopback=loopback)
        if address.sixtofour is not None or address.teredo is not None:
            return False
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast and not address.is_reserved
