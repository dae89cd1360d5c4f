"""Setting *theirs*: unsigned raw codes, as TFApprox multiplies them. A reconstruction.

Of every convolution, activations and weights are quantized to 0..255 by the least and largest value
of the tensor, widened to contain zero, whose code is an integer. Activations are those of all
images that are run together, as are the statistics of the normalizations (:mod:`maxdnn_graph`). The
block multiplies the raw codes, and what belongs to the zero points is subtracted exactly:

    sum over taps of  U(w, x) - z_x w - z_w x + z_w z_x

So zeros, and the padding, are multiplied as their codes, and an approximate block makes an error of
them: of a zero weight, whose code is near 128, and in the first layer of a zero activation. (Behind
a ReLU the code of zero is 0, which these blocks multiply exactly.) Nothing repairs that here. But
the normalizations subtract the mean of the *approximate* sums and divide by their deviation: what
compensation by bias and gain does elsewhere, the images that are classified do here.

Outputs of convolutions remain real numbers (those of TFApprox's GPU version; its CPU version rounds
them to eight bits again). The last layer is exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from maxdnn_graph import CLASSES, FrozenResNet8
from torch.nn import functional

__all__ = [
    "LAYERS",
    "THEIR_MACS",
    "TRUE_MACS",
    "Theirs",
    "Unsigned",
    "unsigned",
    "unsigned_precision",
    "unsigned_roup",
    "unsigned_roupa",
]

LAYERS = tuple(f"conv{number}" for number in range(1, 8))
#: Multiplications an image of the seven convolutions, and the weights of ALWANN's energies.
TRUE_MACS = (442_368, 2_359_296, 2_359_296, 1_179_648, 2_359_296, 1_179_648, 2_359_296)
THEIR_MACS = (442_368, 2_359_296, 2_359_296, 5_326_848, 2_359_296, 5_971_968, 2_359_296)
_CODES = np.arange(256, dtype=np.int64)
_LARGEST = 255


@dataclass(frozen=True, eq=False)
class Unsigned:
    """A multiplier of two codes in 0..255.

    Parameters
    ----------
    name : str
        That of the signed block whose energy it is taken to have.
    left, right : ndarray of int64
        ``(256, rank)``, of weight and activation: the product is ``left @ right.T``.
    """

    name: str
    left: np.ndarray
    right: np.ndarray

    @property
    def table(self) -> np.ndarray:
        """Every product: int64 ``(256, 256)``, indexed ``[weight, activation]``."""
        products: np.ndarray = self.left @ self.right.T
        return products


def unsigned() -> Unsigned:
    """The exact multiplier."""
    return Unsigned("exact", _CODES[:, None], _CODES[:, None])


def unsigned_precision(w: int, a: int) -> Unsigned:
    """An exact multiplier of the upper ``w`` bits of the weight and ``a`` of the activation.

    Codes are rounded to what is left of them, the largest ones down.
    """
    return Unsigned(
        f"precision(w={w},a={a})", _fewer(_CODES, w)[:, None], _fewer(_CODES, a)[:, None]
    )


def unsigned_roup(p: int, r: int) -> Unsigned:
    """``R_r(weight) * R_2p(activation)``, as :class:`hawx_hw.blocks.families.roup.Roup`."""
    return Unsigned(
        f"roup(p={p},r={r})", _rounded(_CODES, r)[:, None], _rounded(_CODES, 2 * p)[:, None]
    )


def unsigned_roupa(p: int, r: int) -> Unsigned:
    """The aligned form, as :class:`hawx_hw.blocks.families.roup.AsymmetricRoup`.

    An unsigned operand of eight bits has five Booth digits; the last is 0 or 1.
    """
    roundings: dict[int, np.ndarray] = {}
    for j in range(p, 5):
        digits = _digit(_CODES, j) << 2 * j
        rounding = max(0, r - 2 * j)
        roundings[rounding] = roundings.get(rounding, np.zeros_like(_CODES)) + digits
    left = [_rounded(_CODES, rounding) for rounding in roundings]
    return Unsigned(
        f"roupa(p={p},r={r})", np.stack(left, axis=1), np.stack(list(roundings.values()), axis=1)
    )


def _rounded(codes: np.ndarray, bits: int) -> np.ndarray:
    """Codes rounded to a multiple of ``2**bits``, halves up; up to 256."""
    half = (1 << bits) >> 1
    values: np.ndarray = (codes + half) >> bits << bits
    return values


def _fewer(codes: np.ndarray, bits: int) -> np.ndarray:
    step = 1 << (8 - bits)
    values: np.ndarray = np.minimum(_rounded(codes, 8 - bits), 256 - step)
    return values


def _digit(codes: np.ndarray, j: int) -> np.ndarray:
    """Radix-4 Booth digit j."""
    below = codes >> (2 * j - 1) & 1 if j else np.zeros_like(codes)
    digit: np.ndarray = -2 * (codes >> (2 * j + 1) & 1) + (codes >> 2 * j & 1) + below
    return digit


@dataclass(frozen=True)
class _Affine:
    """How real numbers become codes: ``round(x / scale) + zero``."""

    scale: float
    zero: int

    @classmethod
    def of(cls, values: torch.Tensor) -> _Affine:
        low, high = (float(end) for end in torch.aminmax(values))
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / _LARGEST
        if scale == 0:
            return cls(1.0, 0)
        return cls(scale, round(-low / scale))

    def codes(self, values: torch.Tensor) -> torch.Tensor:
        """Codes, as real numbers."""
        return torch.clamp(torch.round(values / self.scale) + self.zero, 0, _LARGEST)


class Theirs:
    """Runs all images as one batch under a block for each convolution.

    Parameters
    ----------
    network : FrozenResNet8
    images : ndarray of uint8
        ``(n, 3, 32, 32)``.
    """

    def __init__(self, network: FrozenResNet8, images: np.ndarray):
        self._network = network
        self._input = torch.from_numpy(images.astype(np.float32)) / 128 - 1
        self._weights = []
        for layer in network.convolutions:
            kernel = torch.from_numpy(layer.kernel)
            affine = _Affine.of(kernel)
            self._weights.append((affine, affine.codes(kernel).numpy().astype(np.int64)))
        digest = hashlib.sha256(np.ascontiguousarray(images).data)
        for layer in network.convolutions:
            for array in (layer.kernel, layer.gamma, layer.beta):
                digest.update(array.astype("<f4").tobytes())
        self._key = digest.hexdigest()

    @property
    def key(self) -> str:
        """Hash of weights and images."""
        return self._key

    def outputs(self, blocks: Sequence[Unsigned]) -> np.ndarray:
        """The outputs of each image under seven blocks: float32 ``(n, 10)``."""
        result = [outputs for _, outputs in self.walk([[block] for block in blocks])]
        return result[0]

    def walk(
        self, choices: Sequence[Sequence[Unsigned]]
    ) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        """The outputs under all assignments; the layers of a prefix are computed once.

        Parameters
        ----------
        choices : sequence of sequence of Unsigned
            The blocks of each convolution.

        Yields
        ------
        (tuple of int, ndarray of float32)
            An index of a block a convolution, the last varying fastest, and outputs ``(n, 10)``.
        """
        yield from self._deeper((), {"x": self._input}, choices)

    def _deeper(
        self,
        prefix: tuple[int, ...],
        values: Mapping[str, torch.Tensor],
        choices: Sequence[Sequence[Unsigned]],
    ) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        number = len(prefix)
        if number == len(LAYERS):
            yield prefix, self._outputs(values["x"])
            return
        affine = _Affine.of(values["x"])
        codes = affine.codes(values["x"]).to(torch.int64)
        for index, block in enumerate(choices[number]):
            sums = self._sums(number, block, affine, codes)
            after = self._after(number, sums, values)
            yield from self._deeper((*prefix, index), after, choices)

    def _sums(
        self, number: int, block: Unsigned, affine: _Affine, codes: torch.Tensor
    ) -> torch.Tensor:
        """Outputs of a convolution.

        Sums of integers in 32-bit floating point: exact up to 2**24, which centered operands hardly
        ever exceed.
        """
        layer = self._network.convolutions[number]
        weight_affine, weight = self._weights[number]
        zero_w, zero_x = weight_affine.zero, affine.zero
        # Zero points are subtracted from the factors, so that sums stay small:
        # sum u v - z_x w - z_w x + z_w z_x = sum (u - u0) (v - v0) + terms of one operand alone.
        u, v = block.left[weight], block.right
        u0, v0 = block.left[zero_w], block.right[zero_x]
        centered = (u - u0).transpose(0, 4, 1, 2, 3).reshape(len(weight), -1, 3, 3)
        alone_w = (u - u0) @ v0 + u0 @ v0 - zero_x * weight
        alone_x = (v - v0) @ u0 - zero_w * (_CODES - zero_x)
        table = _floats(v - v0)
        mapped = torch.cat([table[:, rank][codes] for rank in range(v.shape[1])], dim=1)
        # The padding has code z_x, whose centered features are zero.
        sums = functional.conv2d(mapped, _floats(centered), stride=layer.stride, padding=1)
        if alone_x.any():
            plane = _floats(alone_x)[codes].sum(dim=1, keepdim=True)
            box = torch.ones(1, 1, 3, 3)
            sums += functional.conv2d(plane, box, stride=layer.stride, padding=1)
        sums += _floats(alone_w.sum(axis=(1, 2, 3)))[:, None, None]
        return sums * (affine.scale * weight_affine.scale)

    def _after(
        self, number: int, sums: torch.Tensor, values: Mapping[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Normalization, residual addition and ReLU: the next input, and the block's own."""
        layer = self._network.convolutions[number]
        gamma, beta = torch.from_numpy(layer.gamma), torch.from_numpy(layer.beta)
        normal = functional.batch_norm(sums, None, None, gamma, beta, True, 0.0, layer.epsilon)
        if number == 0:
            x = torch.relu(normal)
            return {"x": x, "shortcut": x}
        if number % 2:
            return {"x": torch.relu(normal), "shortcut": values["shortcut"]}
        x = torch.relu(normal + _shortcut(values["shortcut"], len(layer.gamma)))
        return {"x": x, "shortcut": x}

    def _outputs(self, x: torch.Tensor) -> np.ndarray:
        dense, bias = torch.from_numpy(self._network.dense), torch.from_numpy(self._network.bias)
        outputs: np.ndarray = (x.mean(dim=(2, 3)) @ dense.T + bias)[:, :CLASSES].numpy()
        return outputs


def _floats(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _shortcut(x: torch.Tensor, filters: int) -> torch.Tensor:
    """The shortcut: halved by averages, with added channels of zeros on both sides."""
    added = (filters - x.shape[1]) // 2
    if not added:
        return x
    return functional.pad(functional.avg_pool2d(x, 2), (0, 0, 0, 0, added, added))
