"""Polygon.io (now Massive): the protocol, the stream and the REST client."""
