"""Networks from elsewhere: torch modules, ONNX and TFLite files become layers in real numbers.

The parts are imported from their modules.
"""
