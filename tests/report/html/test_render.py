"""The page: complete in itself, safe, the same bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hawx_hw.report.html.render import _joined, _metric, page
from tests.report.html.pages import HOSTILE, whole_content


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(whole_content(tmp_path_factory.mktemp("page")))


def test_the_same_content_gives_the_same_bytes(text: str, tmp_path: Path) -> None:
    assert page(whole_content(tmp_path)) == text
    assert len(text) < 3_000_000


def without_library(text: str) -> str:
    """The page without the library that draws, which contains addresses that it never asks."""
    scripts = re.findall(r"<script>.*?</script>", text, re.DOTALL)
    return text.replace(max(scripts, key=len), "")


def test_nothing_is_fetched(text: str) -> None:
    own = without_library(text)
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", own)
    assert "url(" not in own and "@import" not in own and "fetch(" not in own


def test_names_are_text_wherever_they_stand(text: str) -> None:
    assert HOSTILE not in without_library(text)
    assert "&lt;/script&gt;&lt;b&gt;&amp;" in text
    pattern = r'<script id="data" type="application/json">(.*?)</script>'
    [data] = re.findall(pattern, text, re.DOTALL)
    labels = [point["label"] for point in json.loads(data)["front"]["points"]]
    assert HOSTILE in labels


def test_every_section_is_linked(text: str) -> None:
    sections = re.findall(r'<section id="(\w+)"', text)
    assert re.findall(r'<li><a href="#(\w+)"', text) == sections
    assert len(sections) == 10


def test_every_definition_that_is_pointed_to_is_there(text: str) -> None:
    pointed = set(re.findall(r'aria-describedby="([^"]+)"', text))
    assert {"term-energy-of-an-image", "term-accuracy-drop", "term-part"} <= pointed
    assert pointed <= set(re.findall(r'<dd id="([^"]+)"', text))


def test_numbers_stay_with_their_units() -> None:
    text = "43 % of 12 nJ, 5 images, 8 x 8"
    assert _joined(text) == "43_% of 12_nJ, 5_images, 8 x 8".replace("_", "\u00a0")


def test_metrics_have_as_many_digits_as_in_the_chart() -> None:
    assert _metric(1234.567, "energy_nj") == "1,234.6"
    assert _metric(1234.567, "area_um2") == "1,235"
    assert _metric(1234.567, "other") == "1,234.567"
