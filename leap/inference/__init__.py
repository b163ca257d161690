"""Inference: turn a parser's output into events, predictions and scores."""
