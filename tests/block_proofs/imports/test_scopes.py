"""Which names reach out of a module."""

from __future__ import annotations

import pytest

from hawx_hw.block_proofs.imports.scopes import outside_names

syntax = pytest.importorskip("pyslang").syntax


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("wire x = hawx_testbench.a;", ["hawx_testbench"]),
        ("always @* u0.circuit.x[2] = 1;", ["u0"]),
        ("initial begin dut.a = 1; other.f(3); end", ["dut", "other"]),
        ("part u(.x(y)); wire z = u.z + u.inner.z;", []),
        ("part u[3:0](.x(y)); wire z = u[2].z;", []),
        ("generate if (1) begin : g wire x; end endgenerate wire y = g.x;", []),
        ("generate if (1) begin wire x; end endgenerate wire y = genblk1.x;", []),
        ("struct packed {logic x;} s; assign s.x = p::y;", []),
        ("function int f(input pair_t v); return v.x; endfunction", []),
        ("always_comb for (int i = 0; i < 3; i++) begin : l int k; k = l.k; end", []),
    ],
)
def test_outside_names(body: str, expected: list[str]) -> None:
    tree = syntax.SyntaxTree.fromText(f"module m; {body} endmodule")
    assert [token.valueText for token in outside_names(tree.root)] == expected
