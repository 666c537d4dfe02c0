"""Schemas that tracked events make for themselves."""
