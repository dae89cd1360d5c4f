"""The typed content survives JSON."""

from __future__ import annotations

import json
from pathlib import Path

from hawx_hw.report.html.content import Content
from tests.report.html.pages import whole_content


def test_json_and_back(tmp_path: Path) -> None:
    content = whole_content(tmp_path)
    text = json.dumps(content.model_dump(mode="json"), allow_nan=False)
    assert Content.model_validate_json(text) == content
