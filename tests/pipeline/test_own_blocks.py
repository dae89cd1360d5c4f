from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.blocks import registry
from hawx_hw.pipeline.own_blocks import own_blocks


@pytest.fixture(autouse=True)
def digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks whose digest is made of the name and the folder that it is looked up from."""
    monkeypatch.setattr(
        registry, "by_name", lambda name, base: SimpleNamespace(digest=f"{name} in {base}")
    )


def config(default: str, *rules: str, search: tuple[str, ...] | None = None) -> SimpleNamespace:
    layer = [SimpleNamespace(block=name) for name in rules]
    return SimpleNamespace(
        blocks=SimpleNamespace(default=default, layers={"conv1": layer}),
        search=None if search is None else SimpleNamespace(blocks=search),
    )


def test_only_the_users_blocks_count() -> None:
    given = config("exact", "drum(k=4)", "import:mine", search=("python:own", "array(1,0,4)"))
    assert own_blocks(given, Path("base")) == {
        "import:mine": "import:mine in base",
        "python:own": "python:own in base",
    }


def test_none() -> None:
    assert own_blocks(config("exact"), Path()) == {}
    assert own_blocks(config("import:a", "import:a"), Path()) == {"import:a": "import:a in ."}
