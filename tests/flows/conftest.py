"""Emitted accelerators that the tests of several flows share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hawx_hw.flows.base import Build
from tests.flows.builds import small_build


@pytest.fixture(scope="session")
def shared_build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Build]:
    """``shared_build("simt")``: as ``small_build`` emits it, once a session.

    For tests that change no file of it but in a flow's own folder.
    """
    made: dict[tuple[str, bool], Build] = {}

    def build(architecture: str = "systolic", *, loadable: bool = False) -> Build:
        key = architecture, loadable
        if key not in made:
            folder = tmp_path_factory.mktemp("build")
            made[key] = small_build(folder, architecture=architecture, loadable=loadable)
        return made[key]

    return build
