"""Who a request is from: by an API key, or by what a trusted proxy says. Passwords are not kept here.

What a person may do and read follows from groups, which the settings give roles and distribution marks.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from store.errors import AccessError, InputError, SignInError
from ui.origin import is_among, is_loopback, peer
from ui.people import ANYONE, ROLES, UNMARKED, Person, Role

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from store.access import Keys
    from ui.settings import AccessSettings, Settings

BEARER = "bearer "


def check(settings: Settings) -> None:
    """Raises InputError for settings under which the server must not start."""
    access, host = settings.access, settings.server.host
    if access.sign_in == "off":
        if not is_loopback(host) and not access.open_to_everyone_on_the_network:
            raise InputError(
                f"server.host is {host}, which other machines reach, and access.sign_in is off: set up sign-in, or set "
                "access.open_to_everyone_on_the_network = true; see docs/access.md"
            )
        return
    if not access.groups:
        raise InputError(f"access.sign_in is {access.sign_in} but access.groups is empty: nobody could do anything")
    if access.sign_in == "proxy" and not access.proxy_addresses:
        raise InputError("access.sign_in is proxy but access.proxy_addresses names none; see docs/access.md")
    for name, group in access.groups.items():
        if group.marks != "*":
            raise InputError(
                f"access.groups.{name}: statements can not be kept apart by their marks yet; give the group "
                'marks = "*", and keep what not everybody may read out of this store'
            )


def everybodys_marks(settings: AccessSettings) -> frozenset[str]:
    """What is readable whatever the groups."""
    return frozenset({UNMARKED} if settings.unmarked_for_all else ())


class Access:
    """Finds the person of each request. Thread-safe."""

    def __init__(self, settings: AccessSettings, keys: Keys | None) -> None:
        """`keys` may be missing where sign-in is off."""
        self._settings = settings
        self._keys = keys

    @property
    def is_off(self) -> bool:
        return self._settings.sign_in == "off"

    def person(self, request: HTTPConnection) -> Person:
        """Who asks. Raises SignInError where nobody is known, AccessError for somebody without any right."""
        if self.is_off:
            return ANYONE
        authorization = request.headers.get("authorization", "")
        if authorization[: len(BEARER)].lower() == BEARER and self._keys is not None:
            return self._with_key(self._keys, authorization[len(BEARER) :].strip())
        if self._settings.sign_in == "proxy":
            return self._from_proxy(request)
        raise SignInError("sign in: send an API key as `Authorization: Bearer …`")

    def of_groups(self, name: str, groups: Collection[str], role: Role | None = None) -> Person:
        """Somebody with the rights of these groups; `role` is a lesser or other one that a key was made with."""
        known = [self._settings.groups[group] for group in groups if group in self._settings.groups]
        if not known:
            raise AccessError(f"{name} belongs to no group that access.groups knows; ask the operator")
        marks: set[str] = set(everybodys_marks(self._settings))
        for group in known:
            marks |= set(group.marks)
        everything = any(group.marks == "*" for group in known)
        highest = max((group.role for group in known), key=ROLES.index)
        return Person(name, role or highest, None if everything else frozenset(marks))

    def _with_key(self, keys: Keys, text: str) -> Person:
        key = keys.known(text)
        roles: list[Role] = [role for role in ROLES if role == key.role]
        person = self.of_groups(key.name, key.groups, roles[0] if roles else ROLES[0])
        return Person(person.name, person.role, person.marks, key.id)

    def _from_proxy(self, request: HTTPConnection) -> Person:
        settings = self._settings
        if not is_among(peer(request), settings.proxy_addresses):
            raise SignInError("sign in by the proxy that stands before this server, or send an API key")
        names = request.headers.getlist(settings.proxy_user_header)
        if len(names) != 1 or not names[0].strip():
            raise SignInError(f"the proxy names nobody in {settings.proxy_user_header}")
        groups = ",".join(request.headers.getlist(settings.proxy_groups_header)).split(",")
        return self.of_groups(names[0].strip(), [group.strip() for group in groups])
