"""What is refused before a search runs, and which files it reads."""

from pathlib import Path

import pytest

from hawx_hw.config.models import Config
from hawx_hw.errors import UserError
from hawx_hw.search.requirements import check, files


def config(**search) -> Config:
    content = {"name": "a", "network": {"model": "lenet5", "dataset": "digits"}}
    return Config.model_validate({**content, "search": search} if search else content)


def test_without_a_search_nothing_is_required_or_read() -> None:
    check(config(), Path())
    assert files(config(), Path()) == {}


def test_there_must_be_a_block_to_choose() -> None:
    check(config(blocks=["exact", "drum(k=4)"]), Path())
    with pytest.raises(UserError, match=r"search.blocks: There is no block beside the exact one"):
        check(config(blocks=["exact", "exact"]), Path())


def test_every_accelerator_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    given = config(blocks=["drum(k=4)"])
    kind = type(given.accelerator)
    checked = []

    class Fake:
        def check(self, accelerator, base):
            checked.append((accelerator, base))

    monkeypatch.setattr("hawx_hw.search.requirements.architecture_of", lambda _: Fake())
    variants = (kind(architecture=given.accelerator.architecture), given.accelerator)
    monkeypatch.setattr(Config, "variants", lambda self: variants)
    check(given, Path("base"))
    assert checked == [(variant, Path("base")) for variant in variants]


def test_a_search_reads_the_technology_and_its_predictors() -> None:
    read = files(config(blocks=["drum(k=4)"]), Path())
    assert all(path.is_file() for path in read.values())
    assert {"technology", "technology (generic45.yaml)", "parameters"} <= set(read)
    with pytest.raises(UserError, match="technology"):
        files(config(blocks=["drum(k=4)"]).model_copy(update={"technology": "none"}), Path())


def test_a_search_reads_the_data_set() -> None:
    given = config(blocks=["drum(k=4)"])
    own = given.network.model_copy(update={"dataset": "own.npz"})
    read = files(given.model_copy(update={"network": own}), Path("base"))
    assert read["network.dataset"] == Path("base/own.npz")
