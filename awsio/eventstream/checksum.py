"""The CRC-32 of the wire format, as fast as what is installed allows.

Every frame is checked, so this is a good part of what a big frame costs. ISA-L's CRC
(extra ``fast``) uses the processor's carry-less multiplication and takes about a tenth of
zlib's time for long frames, a third for short ones. Both give the same number.
"""

from __future__ import annotations

__all__ = ("crc32",)

try:
    from isal.isal_zlib import crc32
except ImportError:
    from zlib import crc32
