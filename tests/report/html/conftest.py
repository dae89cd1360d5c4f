"""What tests of the pages share."""

from __future__ import annotations

import pytest

from hawx_hw.report.html.compare_content import ComparedRun
from tests.report.html.compared import compared


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> ComparedRun:
    """A design of which everything is known."""
    return compared(tmp_path_factory.mktemp("compared"))
