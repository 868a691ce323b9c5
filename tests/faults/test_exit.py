"""The end of a process whose daemon threads stop with a lock in hand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.frames import CONVERSE
from tests.support.wire import Answer, Gate, WireServer

# The function is registered before urllib3's own, so called after it: the thread takes the lock
# when nothing but the finalizers is left. The connection is closed by one of these.
PROGRAM = """
import atexit
import threading

exiting, inside = threading.Event(), threading.Event()

@atexit.register
def at_exit():
    exiting.set()
    assert inside.wait(5)

import sys
import types
import urllib3
import awsio
from awsio.sources import body_socket

def stop(*_, **__):
    inside.set()
    threading.Event().wait()

def run(hold):
    exiting.wait()
    hold()

pool = urllib3.PoolManager(retries=False, timeout=20.0)
con = awsio.PawsConnection(pool.request("GET", sys.argv[1], preload_content=False))
con.read_frame()
dropped = sys.modules["dropped"] = types.ModuleType("dropped")
dropped.merged = awsio.merge(con)
source, mutex = con._stream.transport._source, con.http._pool.pool.mutex
{hold}
del con, dropped, source
threading.Thread(target=run, args=(hold,), daemon=True).start()
print("ends")
"""

HOLDERS = {
    "a close that wakes": """
body_socket.shut_down = stop
hold = source.wake
""",
    "a read, in the wait": """
body_socket.Readiness.wait_readable = stop
hold = con.read_frame
""",
    "a read that takes the socket over": """
source._bytes._owned = False
body_socket.show_ragged_ends = stop
hold = con.read_frame
""",
    "a request that takes a connection": """
def hold():
    with mutex:
        stop()
""",
}


@pytest.mark.parametrize("scheme", ["plain"])
@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS.keys())
def test_a_process_ends_though_a_daemon_thread_has_stopped_with_a_lock(
    server: WireServer, hold: str
) -> None:
    server.answer(Answer([CONVERSE[0], Gate(), *CONVERSE[1:]]))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(hold=hold), server.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", "")
