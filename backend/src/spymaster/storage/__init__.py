"""What lies under `DATA_DIR`."""
