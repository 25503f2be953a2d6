"""The token that opens the desk, and its replacement while the desk runs."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Final

from deskbell.endpoint import new_token
from deskbell.errors import EndpointError
from deskbell.http.guard import unauthorized
from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

_GIVEN: Final = "This desk's token was given to it by whoever started it. Replace it there."
_NOT_KEPT: Final = "The new token cannot be kept, so the old one stays. {trouble}"


class Access:
    """Knows the token in force. It lives on one event loop.

    ``keep`` puts a new token where clients look for it; it is called on a thread of its own and may raise
    EndpointError. Without it the token stays what it is.
    """

    def __init__(self, token: str, keep: Callable[[str], None] | None = None) -> None:
        self._tokens: tuple[bytes, ...] = (token.encode(),)
        self._keep = keep
        self._replacing = asyncio.Lock()

    def admit(self, given: bytes) -> bytes | None:
        """The token that ``given`` is, None for any other. Takes as long for either."""
        return next((token for token in self._tokens if hmac.compare_digest(given, token)), None)

    def is_in_force(self, token: bytes) -> bool:
        """Whether a token that was admitted before still is."""
        return token in self._tokens

    async def replace(self, old: bytes) -> None:
        """Make a new token and refuse the old one as soon as clients can find the new one. Raises Problem.

        While the new one is put in place both are good, so that no client is refused that has read the latest.
        """
        if self._keep is None:
            raise Problem(403, _GIVEN)
        async with self._replacing:
            if not self.is_in_force(old):
                raise unauthorized()
            in_force, token = self._tokens, new_token()
            self._tokens = (*in_force, token.encode())
            try:
                await asyncio.to_thread(self._keep, token)
                in_force = self._tokens[-1:]
            except EndpointError as error:
                raise Problem(507, _NOT_KEPT.format(trouble=error)) from error
            finally:
                self._tokens = in_force
