import http.client
import io
import urllib.error
import urllib.request

import pytest

from hawx_hw.datasets.download import DownloadError, fetch

URL = "https://example.org/folder/file.gz"


class Response(io.BytesIO):
    def __init__(self, content, length):
        super().__init__(content)
        self.headers = {} if length is None else {"Content-Length": str(length)}


def answer(monkeypatch, content, length=None):
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Response(content, length))


def refuse(monkeypatch, error):
    def urlopen(url, timeout):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)


@pytest.mark.parametrize("announced", [True, False])
def test_fetch_and_progress(monkeypatch, announced):
    content = bytes(200_000)
    answer(monkeypatch, content, len(content) if announced else None)
    calls = []
    assert fetch(URL, largest=300_000, progress=lambda *call: calls.append(call)) == content
    total = 200_000 if announced else None
    assert calls[-1] == (200_000, total)
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})


def test_too_many_bytes(monkeypatch):
    answer(monkeypatch, bytes(200_000))
    with pytest.raises(DownloadError, match="more than the 100000 bytes expected"):
        fetch(URL, largest=100_000)


def test_cut_short(monkeypatch):
    answer(monkeypatch, b"abc", 5)
    with pytest.raises(DownloadError, match="ended after 3 of 5 bytes"):
        fetch(URL, largest=10)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (urllib.error.URLError("Name or service not known"), "Name or service not known"),
        (TimeoutError("timed out"), "timed out"),
        (http.client.RemoteDisconnected("gone"), "gone"),
        (
            urllib.error.HTTPError(URL, 404, "Not Found", http.client.HTTPMessage(), None),
            "Not Found",
        ),
        (http.client.IncompleteRead(b""), "IncompleteRead"),
    ],
)
def test_no_answer(monkeypatch, error, message):
    refuse(monkeypatch, error)
    with pytest.raises(DownloadError, match=f"{URL}: .*{message}"):
        fetch(URL, largest=10)


def test_only_https():
    with pytest.raises(ValueError, match="URL must start with https://, not 'http://x'"):
        fetch("http://x", largest=1)
