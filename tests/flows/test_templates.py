"""Files from templates."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from hawx_hw.flows import templates
from hawx_hw.flows.templates import render, write_template


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(templates, "flows", lambda: tmp_path)
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "x.tcl.j2").write_text(
        "{% for file in files %}\nread {{ file }} & <{{ top }}>\n{% endfor %}\n"
    )
    return tmp_path


def test_lines_of_tags_leave_nothing_and_nothing_is_escaped(folder: Path) -> None:
    text = render("fake", "x.tcl.j2", files=["a.v", "b.v"], top="t'")
    assert text == "read a.v & <t'>\nread b.v & <t'>\n"
    write_template(folder / "deep" / "x.tcl", "fake", "x.tcl.j2", files=["a.v"], top="t")
    assert (folder / "deep" / "x.tcl").read_bytes() == b"read a.v & <t>\n"


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="top"):
        render("fake", "x.tcl.j2", files=["a.v"])
