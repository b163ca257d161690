"""Sweeps: searches over fields of a run config by the validation score, as ``leap sweep`` makes them.

`leap.experiments.search` and `leap.experiments.choose` are the book's own searches, over fixed grids that are
the same for every system.
"""
