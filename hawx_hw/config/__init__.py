"""The config: one YAML file as typed, checked models.

:mod:`~hawx_hw.config.models` holds the models, :mod:`~hawx_hw.config.load` reads files.
"""
