"""Which return statements of a function are its last."""

from __future__ import annotations

import pytest

from hawx_hw.block_proofs.imports.returns import last_returns

syntax = pytest.importorskip("pyslang").syntax


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return x;", ["return x;"]),
        ("logic y; y = x; return y;", ["return y;"]),
        ("if (x) return 1; else begin y = 2; return 3; end", ["return 1;", "return 3;"]),
        ("case (x) 0: return 1; 2: begin return 3; end default: return 4; endcase",
         ["return 1;", "return 3;", "return 4;"]),
        ("if (x) return 1; return 2;", ["return 2;"]),
        ("return 1; y = 2;", []),
        ("for (int i = 0; i < 3; i++) return 1;", []),
        ("", []),
    ],
)  # fmt: skip
def test_last_returns(body: str, expected: list[str]) -> None:
    text = f"module m; function int f(input int x); {body} endfunction endmodule"
    tree = syntax.SyntaxTree.fromText(text)
    (function,) = tree.root.members
    assert [str(statement).strip() for statement in last_returns(function)] == expected
