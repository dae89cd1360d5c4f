"""Seeds that are derived from one."""

from __future__ import annotations

import hashlib

__all__ = ["seed_for"]


def seed_for(seed: int, purpose: str) -> int:
    """A seed for each purpose, so that a part can be repeated without those before it.

    Parameters
    ----------
    seed : int
    purpose : str
        Such as ``"epoch 3"``.

    Returns
    -------
    int
        In [0, 2**56): the start of a SHA-256.
    """
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose}".encode()).digest()[:7], "little")
