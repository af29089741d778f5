"""How much a service takes on: of one request, of one client, of all at once.

Whatever is over a limit is refused with a status and a reason, before it costs anything worth mentioning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a service.

    Attributes:
        request_bytes: The body of one request; one more is answered 413. Room for a detached body of 8 MiB.
        statements: Statements of one request; one more is answered 413.
        documents: Documents that come with one statement.
        active: Submissions that are under way at once; one more is answered 503.
        client_active: Those of one address; one more is answered 429.
        active_bytes: Bodies of all submissions under way together; more is answered 503.
        waiting: Statements that wait for the sequencer; more is answered 503.
        connections: Open connections; one more is answered 503 and closed.
        head_s: How long a client may take to send the head of a request, in seconds.
        body_s: How long it may take to send the body.
        answer_s: How long it may take to be answered and to read the answer; also the longest wait for a
            publication.
        retry_after_s: What a client that is turned away is told to wait.
    """

    request_bytes: int = 12 << 20
    statements: int = 256
    documents: int = 16
    active: int = 512
    client_active: int = 256
    active_bytes: int = 256 << 20
    waiting: int = 4096
    connections: int = 1024
    head_s: float = 15.0
    body_s: float = 30.0
    answer_s: float = 120.0
    retry_after_s: int = 1
