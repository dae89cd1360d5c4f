"""The file of what was chosen."""

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.prediction.choice_result import AcceleratorResult, ConsideredAccelerator
from tests.report.samples import ACCELERATOR


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    choice = ACCELERATOR.accelerator
    for result in (ACCELERATOR, AcceleratorResult(accelerator=choice, variants=(choice, choice))):
        result.write(tmp_path)
        assert AcceleratorResult.read(tmp_path) == result


def test_a_missing_file_names_its_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"accelerator.json: .*--until accelerator\.$"):
        AcceleratorResult.read(tmp_path)


@pytest.mark.parametrize(("latency", "product"), [(2.5, 250.0), (None, 1000.0)])
def test_the_product_is_of_energy_and_delay(latency: float | None, product: float) -> None:
    """In cycles where nothing predicts the clock."""
    considered = ConsideredAccelerator(
        size="2 x 2", numbers={}, cycles=10, latency_us=latency, energy_nj=100.0, area_um2=1.0
    )
    assert considered.product == product
