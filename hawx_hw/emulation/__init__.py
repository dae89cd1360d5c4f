"""Bit-exact approximate inference at the speed of ordinary convolution."""

from hawx_hw.emulation.emulator import Emulator

__all__ = ["Emulator"]
