"""The fuzzing campaign: hostile bytes for everything that reads bytes.

.. code-block:: console

    $ python -m tests.fuzz --executions 1000000

Rules:

- A target is a pure function of bytes that returns None, or raises because a rule does
  not hold. It knows no engine; both engines run the same targets.
- The first four bytes of an input say in which pieces the rest comes, or which operation
  reads it (:mod:`tests.fuzz.inputs`). So a finding is one string of bytes.
- Random bytes never pass a checksum. Either the target makes the frame around them, or the
  mutation sets the checksums right again.
- Each run of a target has a process of its own: where libFuzzer ends, the process does.
- A finding is made small and kept under ``found``, where ``test_found.py`` replays it
  from then on.
"""
