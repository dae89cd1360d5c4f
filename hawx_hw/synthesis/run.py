synthesize=None
