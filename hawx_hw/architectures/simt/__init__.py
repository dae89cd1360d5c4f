"""A programmable unit of lanes that run one instruction stream (temporal); see docs/simt.md."""
