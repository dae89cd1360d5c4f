"""A layer with its blocks, prepared for the fastest path that is exact."""

from __future__ import annotations

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation.factors import Factors, factorize, single
from hawx_hw.emulation.native import Native, Prepared
from hawx_hw.emulation.portable import by_factors, by_look_up
from hawx_hw.emulation.products import Products
from hawx_hw.emulation.rank_one import PreparedProduct, lay_out
from hawx_hw.graph.graph import Conv2d, Linear

__all__ = ["PATHS", "Layer"]

#: The ways to compute a layer; see :class:`hawx_hw.emulation.emulator.Emulator`.
PATHS = ("auto", "product", "tables", "entries", "factors", "look-up")

#: Ordinary products in numpy that take as long as one look-up in numpy.
_MOST_FACTORS = 16


class Layer:
    """A convolution or linear layer with its blocks.

    Parameters
    ----------
    node : Conv2d or Linear
    blocks : LayerBlocks or None
        None is exact.
    native : Native or None
        The C kernels, if there are any.
    path : str
        One of :data:`PATHS`.

    Raises
    ------
    ValueError
        The path cannot compute these products exactly: ``product`` and ``factors`` where there are
        no such factors, ``tables`` and ``entries`` where products do not fit 16 bits; the first
        three where sums might not fit 32 bits.
    """

    def __init__(
        self, node: Conv2d | Linear, blocks: LayerBlocks | None, native: Native | None, path: str
    ):
        self._node = node
        self._native = native
        self._by_entries = {"tables": False, "entries": True}.get(path)
        self._prepared: Prepared | PreparedProduct | None = None
        self._factors: Factors | None = None
        self._products = Products(node, blocks)
        if native is not None:
            self._prepared = _prepared(self._products, native, path)
        if self._prepared is None and path in ("auto", "factors"):
            factors = factorize(self._products)
            if factors is not None and factors.kind is not None:
                self._factors = factors if path == "factors" or _worthwhile(factors) else None
        if self._prepared is None and self._factors is None and path not in ("auto", "look-up"):
            raise ValueError(
                f"Products of layer {node.name!r} cannot be computed exactly by path {path!r}"
            )

    @property
    def path(self) -> str:
        """The path of the layer: ``product``, ``tables``, ``entries``, ``factors`` or ``look-up``.

        For few images ``tables`` is computed by entries, which is then faster.
        """
        if isinstance(self._prepared, PreparedProduct):
            return "product"
        if self._prepared is not None:
            return "entries" if self._by_entries else "tables"
        return "look-up" if self._factors is None else "factors"

    @property
    def nbytes(self) -> int:
        """Memory of the layer, without what layers share."""
        if self._prepared is not None:
            return self._prepared.nbytes
        return self._products.index.nbytes

    def run(self, x: np.ndarray, zero_point: int) -> np.ndarray:
        """Codes of the layer.

        Parameters
        ----------
        x : ndarray of int8
            ``(batch, *input shape)``.
        zero_point : int
            The code that fills the padding.

        Returns
        -------
        ndarray of int8
            ``(batch, *output shape)``.

        Raises
        ------
        OverflowError
            A sum does not fit int32.
        """
        if self._prepared is not None and self._native is not None:
            return self._native.convolve(
                self._node, self._prepared, x, zero_point, by_entries=self._by_entries
            )
        if self._factors is not None:
            return by_factors(self._node, self._factors, x, zero_point)
        return by_look_up(self._node, self._products, x, zero_point)


def _prepared(products: Products, native: Native, path: str) -> Prepared | PreparedProduct | None:
    """Operands of the C kernels: a product if possible, else tables; None if neither is exact."""
    if not products.sums_fit:
        return None
    if path in ("auto", "product"):
        factors = single(products)
        product = lay_out(factors) if factors is not None else None
        if product is not None or path == "product":
            return product
    return native.prepare(products) if products.words_fit else None


def _worthwhile(factors: Factors) -> bool:
    return factors.rank <= _MOST_FACTORS
