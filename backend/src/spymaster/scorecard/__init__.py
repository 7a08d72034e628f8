"""What the product says of a simulated day, scored against what the simulator knows."""
