"""The user's own blocks of a config."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.blocks import registry
from hawx_hw.config.models import Config
from hawx_hw.errors import UserError
from hawx_hw.pipeline.own_blocks import own_blocks


@pytest.fixture(autouse=True)
def digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks whose circuit is made of the name and the folder that it is looked up from."""

    class Known:
        def __init__(self, name: str, base: Path | None = None):
            if name == "import:gone":
                raise UserError("No such block")
            self.circuit_digest = f"{name} in {base}"

    monkeypatch.setattr(registry, "by_name", Known)


def config(**sections: object) -> Config:
    network = {"model": "lenet5", "dataset": "digits"}
    return Config.model_validate({"name": "some", "network": network, **sections})


def test_only_the_users_blocks_count() -> None:
    layers = {"conv1": [{"block": "drum(k=4)", "filters": 0}, {"block": "import:mine"}]}
    given = config(blocks={"default": "python:own:x", "layers": layers})
    assert own_blocks(given, Path("base")) == {
        "import:mine": "import:mine in base",
        "python:own:x": "python:own:x in base",
    }
    assert own_blocks(config(), Path()) == {}


RULES = [{"block": "import:a", "kernel_rows": 0}, {"block": "exact"}]
HELD = [{"blocks": ["exact"]}, {"blocks": ["import:a"], "rows": 0}]


@pytest.mark.parametrize(
    "sections",
    [
        {"blocks": "import:a"},
        {"blocks": {"layers": {"conv1": "import:a"}}},
        {"blocks": {"layers": {"fc1": RULES}}},
        {"accelerator": {"pe_blocks": [{"blocks": ["exact", "import:a"]}]}},
        {"accelerator": {"grid": HELD}},
        {"search": {"blocks": ["drum(k=4)", "import:a"]}},
        {"search": {"blocks": ["drum(k=4)"], "variants": [{"pe_blocks": HELD}]}},
    ],
)
def test_wherever_a_config_names_a_block(sections: dict) -> None:
    assert own_blocks(config(**sections), Path()) == {"import:a": "import:a in ."}


def test_a_block_that_cannot_be_loaded_has_no_circuit() -> None:
    holding = config(accelerator={"pe_blocks": [{"blocks": ["import:gone"]}]})
    assert own_blocks(holding, Path()) == {"import:gone": ""}
