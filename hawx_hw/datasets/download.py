"""Download of one file over https into memory."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["DownloadError", "fetch"]

_TIMEOUT = 20.0  # seconds without a byte
_READ_BYTES = 1 << 16


class DownloadError(Exception):
    """The file could not be fetched; the message contains the address and the reason."""


def fetch(url: str, *, largest: int, progress: Progress | None = None) -> bytes:
    """The content of ``url``.

    Parameters
    ----------
    url : str
        Must start with ``https://``.
    largest : int
        More bytes than this are an error.
    progress : callable or None
        Gets the number of bytes received, and of all where it is known.

    Raises
    ------
    DownloadError
        No connection, a status of failure, a transfer cut short, or too many bytes.
    """
    if not url.startswith("https://"):
        raise ValueError(f"URL must start with https://, not {url!r}")
    content = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:  # noqa: S310 (https, above)
            announced = response.headers.get("Content-Length", "")
            total = int(announced) if announced.isdecimal() else None
            while len(content) <= largest and (part := response.read(_READ_BYTES)):
                content += part
                if progress:
                    progress(len(content), total)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise DownloadError(f"{url}: {str(reason) or type(error).__name__}") from error
    if len(content) > largest:
        raise DownloadError(f"{url}: more than the {largest} bytes expected")
    if total is not None and len(content) != total:
        raise DownloadError(f"{url}: the transfer ended after {len(content)} of {total} bytes")
    return bytes(content)
