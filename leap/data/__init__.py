"""Data sets: annotations, event layouts, feature stores, AV-Digits."""
