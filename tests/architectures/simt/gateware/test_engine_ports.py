"""What a request of the post engine has of its instruction."""

from __future__ import annotations

from amaranth.hdl import Shape

from hawx_hw.architectures.simt.gateware.engine_ports import (
    EngineReports,
    PostRequest,
    post_request_values,
)
from hawx_hw.architectures.simt.isa import POST_SCALARS, Instruction
from hawx_hw.architectures.simt.unit import Unit


def test_values_of_instructions() -> None:
    kinds = {
        (values["plain"], values["largest"], values["sums"])
        for values in (
            post_request_values(Instruction("STV")),
            post_request_values(Instruction("QST")),
            post_request_values(Instruction("QST", fn=1)),
            post_request_values(Instruction("QST", fn=2)),
        )
    }
    assert kinds == {(1, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 1)}
    values = post_request_values(Instruction("QST", v=3, d=9))
    assert (values["register"], values["store"]) == (3, 9)


def test_a_request_has_every_scalar() -> None:
    unit = Unit(lanes=4, scalar_bits=13)
    members = PostRequest(unit, 5).members
    assert sum(Shape.cast(shape).width == 13 for shape in members.values()) == POST_SCALARS
    assert set(post_request_values(Instruction("STV"))) < set(members)


def test_reports_name_any_warp() -> None:
    assert EngineReports(Unit(lanes=1, warps=5)).members["warp"].shape == 3
