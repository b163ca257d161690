"""Campaigns of faults and hostile inputs: short with the other tests, long by ``make soak``."""
