"""What the objects of one export share: their new series, and the pseudonyms that stand for the
real identifiers where it is de-identified.

The same original gives the same UID within one export, so that references survive, and another in
the next. The key is random and forgotten with the export: nobody can go back.
"""

import hmac
import secrets

_UID_BITS = 122  # as random as a UUID, which PS3.5 B.2 takes for unique


class Release:
    """One export of any number of objects."""

    __slots__ = ("_key",)

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def uid(self, original: str) -> str:
        """A UID under the root for random ones (PS3.5 B.2)."""
        number = int.from_bytes(self._digest("uid", original), "big") >> (256 - _UID_BITS)
        return f"2.25.{number | 1 << _UID_BITS}"

    def patient(self, original: str) -> str:
        """A patient identifier of letters and digits."""
        return f"ANON-{self._digest('patient', original).hex()[:12].upper()}"

    def _digest(self, kind: str, original: str) -> bytes:
        return hmac.digest(self._key, f"{kind} {original}".encode(), "sha256")
