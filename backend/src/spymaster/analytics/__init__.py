"""What we compute: pure functions over columns."""
