"""Retraining of the integer network under its blocks: what is trained is what is emitted."""

from hawx_hw.retraining.train import Retraining, retrain

__all__ = ["Retraining", "retrain"]
