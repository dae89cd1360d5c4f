"""TFLite files, in floating point or fully quantized to 8 bits, become layers in real numbers.

The parts are imported from their modules.
"""
