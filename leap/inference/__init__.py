"""From a parser's output to events, predictions and scores."""
