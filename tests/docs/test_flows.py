"""docs/flow-options.md is generated from flows/*/flow.toml."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_page_of_options_is_current() -> None:
    page = runpy.run_path(str(DOCS / "generate_flows.py"))["document"]()
    text = (DOCS / "flow-options.md").read_text(encoding="utf-8")
    assert text == page, "run: python docs/generate_flows.py"
