"""What a run came to, for people: renders results and computes nothing."""
