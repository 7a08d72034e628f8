"""Where batches come from: the live stream and the replay of a stored day."""
