"""The state machines of a session: strikes, greeks and flow. Pure."""
