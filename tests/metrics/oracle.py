"""The scores in plain loops over lists, written from their definition and nothing else."""


def events(sequence):
    """Maximal runs of ones as sets of segments."""
    found, current = [], set()
    for t, value in enumerate([*sequence, 0]):
        if value:
            current.add(t)
        elif current:
            found.append(current)
            current = set()
    return found


def segment_counts(pred, true):
    pairs = list(zip(pred, true, strict=True))
    return tuple(sum(pair == wanted for pair in pairs) for wanted in ((1, 1), (1, 0), (0, 1)))


def event_counts(pred, true):
    predicted, real = events(pred), events(true)

    def partner(event, others):
        return any(2 * len(event & other) >= len(event | other) for other in others)

    hits = sum(partner(event, real) for event in predicted)
    return hits, len(predicted) - hits, sum(not partner(event, predicted) for event in real)


def mean_f(class_counts):
    scores = [2 * tp / (2 * tp + fp + fn) for tp, fp, fn in class_counts if tp + fp + fn]
    return sum(scores) / len(scores) if scores else 1.0


def video_scores(pred_a, pred_v, true_a, true_v):
    """The eight scores of one video from four (C, T) nested lists."""
    scores = {}
    product = [
        [[x * y for x, y in zip(a, v, strict=True)] for a, v in zip(first, second, strict=True)]
        for first, second in ((pred_a, pred_v), (true_a, true_v))
    ]
    for level, counts in (("seg", segment_counts), ("evt", event_counts)):
        audio = [counts(p, t) for p, t in zip(pred_a, true_a, strict=True)]
        visual = [counts(p, t) for p, t in zip(pred_v, true_v, strict=True)]
        pooled = [tuple(x + y for x, y in zip(a, v, strict=True)) for a, v in zip(audio, visual, strict=True)]
        scores[f"{level}_a"], scores[f"{level}_v"] = mean_f(audio), mean_f(visual)
        scores[f"{level}_av"] = mean_f([counts(p, t) for p, t in zip(*product, strict=True)])
        scores[f"{level}_event"] = mean_f(pooled)
    return scores


def class_f(counts, preds, trues):
    """F of one class from its (T,) sequences in every video; None where it does not occur."""
    hits, extra, missed = (
        sum(column) for column in zip(*(counts(p, t) for p, t in zip(preds, trues, strict=True)), strict=True)
    )
    return 2 * hits / (2 * hits + extra + missed) if hits + extra + missed else None
