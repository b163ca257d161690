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


def detections(scores, true, label, threshold, criteria):
    """True events found, false alarms, and cross-triggers by class, at a threshold of one class.

    ``scores`` and ``true`` are nested lists (N, C, T).
    """
    found, false, crossed = 0, 0, [0] * len(true[0])
    for video_scores, video_true in zip(scores, true, strict=True):
        real = [{t for t, value in enumerate(row) if value} for row in video_true]
        right = set()
        for event in events([value >= threshold for value in video_scores[label]]):
            if len(event & real[label]) >= criteria.dtc * len(event):
                right |= event
            else:
                false += 1
                crossed = [
                    n + (len(event & other) >= criteria.cttc * len(event))
                    for n, other in zip(crossed, real, strict=True)
                ]
        found += sum(len(event & right) >= criteria.gtc * len(event) for event in events(video_true[label]))
    return found, false, crossed


def detection_score(scores, true, criteria):
    """PSDS of segments of one second, evaluated at every threshold; arguments as of `detections`."""
    classes = range(len(true[0]))
    hours = [sum(map(sum, (video[c] for video in true))) / 3600 for c in classes]
    total = sum(len(video[0]) for video in true) / 3600
    curves = []
    for c in classes:
        events_of_class = sum(len(events(video[c])) for video in true)
        points = [(0.0, 0.0)]
        for threshold in {value for video in scores for value in video[c]}:
            found, false, crossed = detections(scores, true, c, threshold, criteria)
            cross = [crossed[k] / hours[k] for k in classes if k != c]
            rate = false / total + criteria.alpha_ct * sum(cross) / max(len(cross), 1)
            points.append((rate, found / events_of_class))
        curves.append(points)
    grid = sorted({rate for points in curves for rate, _ in points if rate <= criteria.max_efpr})
    area = 0.0
    for left, right in zip(grid, [*grid[1:], criteria.max_efpr], strict=True):
        best = [max(found for rate, found in points if rate <= left) for points in curves]
        mean = sum(best) / len(best)
        deviation = (sum((value - mean) ** 2 for value in best) / len(best)) ** 0.5
        area += max(mean - criteria.alpha_st * deviation, 0) * (right - left)
    return 100 * area / criteria.max_efpr
