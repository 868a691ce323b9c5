"""Every use of a private name of another library, one module per library.

Rules kept here:

- each function names the private attribute that it reads and says why no public one does;
- a name that is gone is an error with the library's name and version in it, never a
  silent default, unless the public interface offers the same, slower;
- nothing is imported from the library itself: the functions take its objects.

The tests of this package are the canaries: they run against the lowest and the newest
version of each library, and fail before a user's program does.
"""
