"""What layers compute beside what batch normalization recorded of them in training.

Where the images are those of the training, and prepared alike, both agree. The first layer with
recorded statistics that does not is the first behind the fault: wrong preprocessing, if it is the
first of all.
"""

from __future__ import annotations

import numpy as np
import torch

from hawx_hw.importing.float_graph import OutputStatistics

__all__ = ["RecordedMatch"]

#: Channels that hardly varied in training count as if they had varied so much of the median one.
_LEAST_DEVIATION = 1e-3


class RecordedMatch:
    """One layer's output before the clamp, over the images that were added.

    Parameters
    ----------
    statistics : OutputStatistics
        What training recorded.
    """

    def __init__(self, statistics: OutputStatistics):
        self._expected = statistics
        self._count = 0
        self._sum = np.zeros(len(statistics.mean))
        self._squares = np.zeros(len(statistics.mean))

    def add(self, values: torch.Tensor) -> None:
        """Add some images: ``(batch, channels, ...)``."""
        by_channel = values.reshape(len(values), len(self._sum), -1).double()
        self._count += by_channel.shape[0] * by_channel.shape[2]
        self._sum += by_channel.sum((0, 2)).numpy()
        self._squares += by_channel.square().sum((0, 2)).numpy()

    @property
    def shift(self) -> float:
        """Median over the channels of the distance of the means, in recorded deviations."""
        distance = np.abs(self._sum / self._count - self._expected.mean)
        return float(np.median(distance / self._deviation))

    @property
    def spread(self) -> float:
        """Median over the channels of the factor, >= 1, between the deviations."""
        mean = self._sum / self._count
        deviation = np.sqrt(np.maximum(self._squares / self._count - mean**2, 0))
        deviation = np.maximum(deviation, _LEAST_DEVIATION * self._deviation)
        return float(np.exp(np.median(np.abs(np.log(deviation / self._deviation)))))

    @property
    def _deviation(self) -> np.ndarray:
        recorded = self._expected.deviation
        least = _LEAST_DEVIATION * float(np.median(recorded))
        result: np.ndarray = np.maximum(recorded, least if least > 0 else 1.0)
        return result
