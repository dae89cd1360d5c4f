"""Where accuracy goes, layer by layer: from the float network over integers and blocks.

The parts are imported from their modules.
"""
