"""Serve one log over HTTP: its published files, and the taking of submissions.

The service knows blobs and documents, not what they say: `intake` is the seam to
whoever does. Enter at `app`.
"""
