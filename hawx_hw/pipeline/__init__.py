"""From config to results: stages, build folder, what is up to date."""
