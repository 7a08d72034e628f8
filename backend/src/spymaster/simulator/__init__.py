"""A market that speaks the vendor's protocol, for days without an account."""
