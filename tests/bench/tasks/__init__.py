"""The work of the contestants, a function each.

``prepare(stack, **params)`` does what is not measured and gives a function that does the
work once. That gives a dict: ``cost``, which is seconds (or bytes) for one unit, an event,
a byte, a call; and beside it facts, which are reported as they are.
"""
