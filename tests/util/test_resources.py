"""What is not Python lies beside the package or inside it, and the wheel takes it along."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hawx_hw.util import resources

FOLDERS = {
    "configs": resources.configs,
    "docs": resources.docs,
    "flows": resources.flows,
    "rtl_templates": resources.rtl_templates,
    "sim": resources.sim,
}
FILES = {
    "configs": "lenet5.yaml",
    "docs": "glossary.md",
    "flows": "README.md",
    "rtl_templates": "hawx_sdp_ram.v",
    "sim": "hawx_sim",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_in_a_checkout(name: str) -> None:
    assert (FOLDERS[name]() / FILES[name]).exists()


@pytest.mark.parametrize("name", FOLDERS)
def test_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The folder inside the package counts more than one that happens to lie beside it."""
    package = tmp_path / "site-packages" / "hawx_hw"
    monkeypatch.setattr(resources, "_PACKAGE", package)
    with pytest.raises(FileNotFoundError, match=f"lacks its folder '{name}'"):
        FOLDERS[name]()
    (package.parent / name).mkdir(parents=True)
    assert FOLDERS[name]() == package.parent / name
    (package / "_data" / name).mkdir(parents=True)
    assert FOLDERS[name]() == package / "_data" / name


def test_the_wheel_takes_the_folders_along() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    whole = {name: f"hawx_hw/_data/{name}" for name in FOLDERS if name != "docs"}
    # Of the documentation the glossary alone.
    assert included == {**whole, "docs/glossary.md": "hawx_hw/_data/docs/glossary.md"}
    assert all((root / name).exists() for name in included)
