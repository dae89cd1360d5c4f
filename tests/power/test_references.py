from pathlib import Path

from hawx_hw.power.references import ReferenceDesign, ReferencesResult
from tests.report.samples import POWER


def test_written_and_read_again(tmp_path: Path) -> None:
    design = ReferenceDesign(
        what="exact blocks", accelerator="8 x 8", blocks=("exact",), accuracy=None, area=6000.0,
        longest_path_ns=1.1, power=POWER,
    )  # fmt: skip
    result = ReferencesResult(designs=(design,))
    result.write(tmp_path)
    assert ReferencesResult.read(tmp_path) == result


def test_none(tmp_path: Path) -> None:
    ReferencesResult(designs=()).write(tmp_path)
    assert ReferencesResult.read(tmp_path).designs == ()
