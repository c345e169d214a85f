"""An authority of our own and what it signs, for servers on loopback: the one that the demo makes."""

from data.demo.certificates import Authority, Pair

__all__ = ["Authority", "Pair"]
