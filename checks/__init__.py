"""The library: what is true of a domain, what it means for our mail, and what to do about it."""
