from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.pipeline.rtl import period_of, rtl_files


def test_files_in_the_order_of_the_list(tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "filelist.f").write_text("b.v\na.v\n")
    assert rtl_files(tmp_path) == [tmp_path / "rtl" / "b.v", tmp_path / "rtl" / "a.v"]


@pytest.mark.parametrize(("clock", "period"), [(None, None), (400.0, 2.5), (1000.0, 1.0)])
def test_period(clock: float | None, period: float | None) -> None:
    assert period_of(SimpleNamespace(accelerator=SimpleNamespace(clock_mhz=clock))) == period
