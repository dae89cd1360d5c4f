"""The folder of every bundle: the same bytes, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.flows import flow_descriptions, flow_named, options_model
from hawx_hw.flows.base import Build
from hawx_hw.flows.frame import set_up
from hawx_hw.flows.registry import flow_of
from tests.flows.builds import small_build

FLOWS = [name for name, flow in flow_descriptions().items() if flow.group == "bundle"]


@pytest.fixture(scope="module", params=["systolic", "simt"])
def builds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Build]:
    """Two equal accelerators in different folders."""
    folders = (tmp_path_factory.mktemp(name) for name in ("one", "another"))
    return [small_build(folder, architecture=request.param) for folder in folders]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", FLOWS)
def test_a_folder_is_the_same_everywhere(name: str, builds: list[Build]) -> None:
    options = options_model(flow_named(name))()
    one, another = (contents(set_up(flow_of(name), build, options)) for build in builds)
    assert one == another
    assert one
    places = [str(build.folder.parent).encode() for build in builds]
    assert not [file for file, text in one.items() if any(place in text for place in places)]
    assert not [file for file in one if Path(file).is_absolute() or ".." in file.split("/")]
