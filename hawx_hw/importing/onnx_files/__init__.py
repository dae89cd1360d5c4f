"""Networks from ONNX files, float and quantized."""
