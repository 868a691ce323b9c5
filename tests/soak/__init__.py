"""The soak: streams by the hundred thousand, closed, cut and timed out at random.

.. code-block:: console

    $ python -m tests.soak --seconds 600 --seed 1
    $ python -m tests.soak --closes 1000000 --seed 1

Rules:

- each stream carries its own number and that of each frame, so every byte that is read is
  checked: none is missing where a stream ends cleanly, none comes from another stream;
- a stream is a :class:`~tests.soak.plan.Plan`, drawn from the seed. How threads meet is not
  repeated with it;
- the server is a process of its own, so the descriptors, threads and memory that are counted
  are those of the reading side;
- what went wrong is a fault with its plan; a fault fails the run. A read that stands still is
  one too: the watchdog says where.
"""
