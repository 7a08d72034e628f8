"""HTTP and stream for the browser."""
