"""Who asks: a person or a program with a key, and what it may do and read.

The person of a request is found once, by the middleware (`ui/sign_in.py`), and is known from there on to everything
that the request calls, in threads too. `Service` goes by it, so no way in can forget to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["reader", "editor", "administrator"]
"""Each may do what those before it may."""
ROLES: tuple[Role, ...] = get_args(Role)
UNMARKED = ""
"""Stands among the marks of a person for statements without a distribution mark."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks."""

    name: str
    """Empty where nobody signs in."""
    role: Role
    marks: frozenset[str] | None
    """Distribution marks of the statements that may be read, `UNMARKED` among them; None: all."""
    key: str | None = None
    """Id of the key, for a program that came with one."""

    def may(self, role: Role) -> bool:
        """Whether this role is enough for what needs `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


ANYONE = Person("", "administrator", None)
"""Where sign-in is off."""

_ASKING: ContextVar[Person | None] = ContextVar("asking", default=None)


def asking() -> Person | None:
    """Whose request this is; None outside of one."""
    return _ASKING.get()


@contextmanager
def acting(person: Person) -> Iterator[None]:
    """What is called inside is done for this person."""
    token = _ASKING.set(person)
    try:
        yield
    finally:
        _ASKING.reset(token)
