"""What a flow starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.flows.base import Build
from tests.flows.builds import small_build


@pytest.fixture(scope="module", params=["systolic", "simt"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp(request.param), architecture=request.param)


def test_copies_are_the_files_of_the_build(build: Build, tmp_path: Path) -> None:
    names = build.copy_rtl(tmp_path)
    assert "hawx_accelerator.v" in names
    for name in (*names, "filelist.f"):
        assert (tmp_path / "rtl" / name).read_bytes() == (build.folder / "rtl" / name).read_bytes()
    for name in build.copy_memories(tmp_path):
        assert (tmp_path / name).read_bytes() == (build.folder / "mem" / name).read_bytes()


def test_the_digest_is_of_every_file(build: Build) -> None:
    before = build.digest()
    assert build.digest() == before
    for path in (build.sources[-1], build.memories[0]):
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        assert build.digest() != before
        path.write_bytes(content)
    assert build.digest() == before


def test_the_clock_is_the_configs_or_the_technologys(build: Build, tmp_path: Path) -> None:
    assert build.clock_mhz == build.technology().clock_mhz
    given = build.config.accelerator.model_copy(update={"clock_mhz": 123.0})
    config = build.config.model_copy(update={"accelerator": given})
    copied = Build(**{**vars(build), "config": config})
    assert copied.clock_mhz == 123.0
