"""Proofs of the blocks of an accelerator, and proofs.json."""

from __future__ import annotations

from typing import ClassVar

from hawx_hw.block_proofs.proofs import Proof
from hawx_hw.util.results import Result

__all__ = ["ProofsResult"]


class ProofsResult(Result):
    """The content of proofs.json: what ``hawx blocks prove --of CONFIG`` came to.

    A proof is of Verilog: it stands for any accelerator that has the same block of it.

    Parameters
    ----------
    simulator : str
        That simulated all products.
    proofs : tuple of Proof
    """

    FILE: ClassVar[str] = "proofs.json"
    STAGE: ClassVar[str] = "proofs"
    SCHEMA: ClassVar[int] = 2

    simulator: str
    proofs: tuple[Proof, ...]

    @classmethod
    def how_to_make(cls) -> str:
        """How a user makes the file again."""
        return "Make it again, with hawx blocks prove --of CONFIG."

    def of(self, digest: str, implementation: str, verilog_sha256: str) -> Proof | None:
        """The proof of a block in an implementation; None where there is none of that Verilog.

        Parameters
        ----------
        digest : str
            SHA-256 of the block's table.
        implementation : str
        verilog_sha256 : str
            Of the block in the accelerator; see :attr:`BlockVerilog.digest`.
        """
        expected = (digest, implementation, verilog_sha256)
        for proof in self.proofs:
            if (proof.digest, proof.implementation, proof.verilog_sha256) == expected:
                return proof
        return None
