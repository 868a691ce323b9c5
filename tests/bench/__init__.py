"""The benchmark: what awsio costs beside its peers, in one run on one machine.

.. code-block:: console

    $ python -m tests.bench --quick

Rules:

- A figure is worth something only beside another one of the same run: every row has a
  peer, and its result is a ratio (or a difference) between the two.
- Each contestant has a process of its own, so that none pays for the other's heap,
  caches or imports. The rounds of all contestants of a row take turns, in an order that
  turns round each time: what slows the machine for a while slows all of them.
- A ratio is taken within each round and only then the median of the ratios over the
  rounds; the smallest and the largest stand beside it.
- Work without waiting is measured in CPU seconds of the process, which others on the
  machine disturb least. Work over sockets is measured by the clock, unless the row says
  otherwise. Servers are processes of their own: their work is in nobody's CPU seconds.
- A contestant counts what it has read: one that leaves work out fails.
"""
