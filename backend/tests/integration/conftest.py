from storage.s3_server import bucket, server

__all__ = ["bucket", "server"]
