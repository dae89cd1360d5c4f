"""What warps ask for is what the simulator runs."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.issues import issues

LOOPS = """
        .unit lanes=4 warps=2
        .stream s
        .store o
        .arg n 2, 3
        ARG s1, n
        LI s8, 1
        LI s2, 3
        PLT p1, s2
        LOOP s1, end
        ADDI s4, s4, 8
        MAC.z v0, s4, s @p1
end:    BAR 7
        QST v0, s8, o
        HALT
"""


@pytest.mark.parametrize(("warp", "times"), [(0, 2), (1, 3)])
def test_each_warp_goes_its_way(warp: int, times: int) -> None:
    asked = list(issues(assemble(LOOPS), warp))
    assert [each.instruction.mnemonic for each in asked] == ["MAC"] * times + ["BAR", "QST"]
    assert [each.scalars[0] for each in asked[:times]] == [8 * (n + 1) for n in range(times)]
    assert all(each.lanes.tolist() == [True] * 3 + [False] for each in asked[:times])
    assert [each.is_barrier for each in asked] == [False] * times + [True, False]
    assert asked[times].instruction.imm == 7
    assert {each.warp for each in asked} == {warp}
    assert asked[-1].scalars[0] == 1
    assert asked[-1].lanes.all()


def test_what_depends_on_data_is_refused() -> None:
    with pytest.raises(ValueError, match="VLT at 0 depends on data"):
        list(issues(assemble(".unit lanes=4 warps=1\nVLT p1, v0, v1\nHALT"), 0))
