"""Replacement identifiers of one export.

Within one export the same original always gives the same replacement, so that references between
objects survive; another export gives different ones. The key is random and not kept beyond the
export, so the mapping cannot be reversed.
"""

import hmac
import secrets

_UID_BITS = 122  # as random as a UUID, which PS3.5 B.2 takes for unique


def new_key() -> bytes:
    """A key for one export."""
    return secrets.token_bytes(32)


class UidMap:
    """Keyed mapping of original identifiers to replacements, for any number of objects."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes = b"") -> None:
        """`key`: of an export that goes on, or is shared out among processes."""
        self._key = key or new_key()

    def uid(self, original: str) -> str:
        """The replacement of a UID, under the root of UUID-derived UIDs (PS3.5 B.2)."""
        number = int.from_bytes(self._digest("uid", original), "big") >> (256 - _UID_BITS)
        return f"2.25.{number | 1 << _UID_BITS}"

    def patient(self, original: str) -> str:
        """The replacement of a patient identifier: "ANON-" and 12 hexadecimal digits."""
        return f"ANON-{self._digest('patient', original).hex()[:12].upper()}"

    def _digest(self, kind: str, original: str) -> bytes:
        return hmac.digest(self._key, f"{kind} {original}".encode(), "sha256")
