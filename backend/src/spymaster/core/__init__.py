"""What every part shares: contracts, sessions, batches, conditions, clocks, errors. No I/O."""
