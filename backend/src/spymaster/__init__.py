"""SPYMASTER: a self-hosted monitor of same-day option flow."""
