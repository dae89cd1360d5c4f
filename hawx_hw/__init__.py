"""hawx_hw: from a trained neural network to low-power silicon."""

__all__ = ["__version__"]

__version__ = "0.1.0"
