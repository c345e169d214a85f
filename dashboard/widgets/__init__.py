"""Pieces of the screen that pages share."""
