"""What Heddle adds to Python.

Heddle runs Python 3.11 programs with the global interpreter lock or without it, from one binary. This package is the
place of whatever has no counterpart in CPython's library; programs that must also run elsewhere can ask
``sys.implementation.name == "heddle"`` before they import it.
"""

__all__ = ["__version__", "version_info", "gil_enabled"]

import sys

version_info = (0, 1, 0)
__version__ = ".".join(map(str, version_info))


def gil_enabled():
    """Whether this process runs with the global interpreter lock (``--gil=on``)."""
    return sys._is_gil_enabled()
