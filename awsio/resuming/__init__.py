"""`awsio.resume`: a stream that is opened again where it stopped.

``entry`` has the function, ``resumed`` the iterator that it returns. What that iterator
needs to know is in parts: ``rules`` how the stream of each operation continues,
``failures`` which errors may pass, ``pacing`` when the stream is opened again and when
it is given up, ``opening`` what the user's function may return.
"""

from __future__ import annotations

from awsio.resuming.entry import resume
from awsio.resuming.resumed import Resumed

__all__ = ("Resumed", "resume")
