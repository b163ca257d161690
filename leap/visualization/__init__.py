"""Figures and the timeline page."""
