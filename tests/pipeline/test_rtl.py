from types import SimpleNamespace

import pytest

from hawx_hw.pipeline.rtl import period_of


@pytest.mark.parametrize(("clock", "period"), [(None, None), (400.0, 2.5), (1000.0, 1.0)])
def test_period(clock: float | None, period: float | None) -> None:
    assert period_of(SimpleNamespace(accelerator=SimpleNamespace(clock_mhz=clock))) == period
