"""How far a tensor of one version of a network is from the same tensor of another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

__all__ = ["LEAST_DB", "Noise", "decibels"]

#: Signal-to-noise ratio where there is noise and no signal.
LEAST_DB = -200.0


def decibels(signal: float, noise: float) -> float | None:
    """The ratio of two powers in dB, at least :data:`LEAST_DB`; None where there is no noise."""
    if noise <= 0:
        return None
    if signal <= 0:
        return LEAST_DB
    return max(LEAST_DB, 10 * float(np.log10(signal) - np.log10(noise)))


@dataclass(eq=False)
class Noise:
    """Sums over the images that were added, by channel.

    Parameters
    ----------
    channels : int
        Of a feature map; features of a vector.

    Attributes
    ----------
    count : int
        Values of a channel.
    signal, squares : ndarray of float64
        ``(channels,)``: sums of the values and of their squares.
    error, noise : ndarray of float64
        ``(channels,)``: sums of the errors and of their squares.
    """

    channels: int
    count: int = 0
    signal: np.ndarray = field(init=False)
    squares: np.ndarray = field(init=False)
    error: np.ndarray = field(init=False)
    noise: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.signal, self.squares, self.error, self.noise = np.zeros((4, self.channels))

    def add(self, expected: torch.Tensor, actual: torch.Tensor) -> None:
        """Add the values of some images.

        Parameters
        ----------
        expected, actual : Tensor of float32
            ``(batch, channels, ...)``, of one shape.
        """
        values = expected.reshape(len(expected), self.channels, -1).double()
        errors = actual.reshape(values.shape).double() - values
        self.count += values.shape[0] * values.shape[2]
        self.signal += values.sum((0, 2)).numpy()
        self.squares += values.square().sum((0, 2)).numpy()
        self.error += errors.sum((0, 2)).numpy()
        self.noise += errors.square().sum((0, 2)).numpy()

    @property
    def ratio_db(self) -> float | None:
        """Signal-to-noise ratio of the whole tensor; see :func:`decibels`."""
        return decibels(float(self.squares.sum()), float(self.noise.sum()))

    @property
    def channel_db(self) -> np.ndarray:
        """Signal-to-noise ratio of each channel, whose mean is no signal.

        Returns
        -------
        ndarray of float64
            ``(channels,)``: infinite where there is no noise, NaN where there is no signal.
        """
        variance = self.squares / self.count - (self.signal / self.count) ** 2
        # What is left of equal values by rounding is no signal.
        variance = np.where(variance > 1e-9 * self.squares / self.count, variance, np.nan)
        with np.errstate(divide="ignore"):
            ratio: np.ndarray = 10 * np.log10(variance / (self.noise / self.count))
        return ratio

    @property
    def bias_share(self) -> float:
        """Share of the noise's power that is the mean error of a channel, in [0, 1]."""
        total = float(self.noise.sum())
        return float((self.error**2).sum()) / self.count / total if total > 0 else 0.0
