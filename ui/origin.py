"""Where a request comes from: this machine, a named proxy, a page of ours or one of another site."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach this address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_local(request: HTTPConnection) -> bool:
    """Made on this machine, by its own name: not by a page that has let its name point here, nor through a proxy."""
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    direct = not any(header in request.headers for header in FORWARDED)
    return direct and is_loopback(name or "") and is_loopback(peer(request))


def peer(request: HTTPConnection) -> str:
    """Address of whoever holds the connection: a proxy, where there is one."""
    return request.client.host if request.client else ""


def is_among(address: str, networks: Sequence[str]) -> bool:
    """Whether an address is one of these addresses or lies in one of these networks."""
    try:
        place = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    place = getattr(place, "ipv4_mapped", None) or place
    return any(place in ipaddress.ip_network(network, strict=False) for network in networks)


def is_same_origin(request: HTTPConnection, public: str | None = None) -> bool:
    """Not sent by a page of another site; a program that is no browser says nothing about it.

    `public` is the address that browsers know the server by, where a proxy stands before it.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), *([urlsplit(public).netloc] if public else [])}
    return origin is None or urlsplit(origin).netloc in ours
