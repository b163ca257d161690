from leap.diagnosis.attribution import Error
from leap.diagnosis.events import EventSpan
from leap.experiments.chapters import failures, gallery
from leap.experiments.chapters.gallery import SHOWN, TYPES, both_decoders, failure_excerpts
from leap.experiments.predicted_events import PredictedEvents


def error(video, type_, start=0):
    return Error(EventSpan(video, "audio", 0, start, start + 1), True, type_)


def truth_of(store):
    return PredictedEvents(*(labels.numpy() == 1 for labels in store.videos("test").truth()))


def test_its_runs_are_the_first_of_the_chapter_on_failures():
    theirs = failures.grid("full", "av-digits")
    assert gallery.grid("full", "av-digits") == {system: theirs[system][:1] for system in SHOWN}


def test_the_clearest_video_has_most_errors_of_the_type_and_fewest_others():
    errors = [error(0, "missed"), error(0, "missed", 2), error(0, "early"), error(0, "late")]
    errors += [error(1, "missed"), error(2, "missed"), error(3, "early")]
    assert gallery._clearest(errors, "missed") == 1
    assert gallery._clearest(errors, "early") == 3
    assert gallery._clearest(errors, "merged") is None


def test_perfect_predictions_have_no_failures(tiny_store):
    events = {key: [truth_of(tiny_store)] for key in SHOWN}
    assert list(failure_excerpts(tiny_store, events, "Tiny")) == []


def test_an_event_that_is_not_predicted_is_shown_as_missed(tiny_store):
    truth = truth_of(tiny_store)
    video = int(truth.audio.any(axis=(1, 2)).argmax())
    lacking = PredictedEvents(truth.audio.copy(), truth.visual.copy())
    lacking.audio[video], lacking.visual[video] = False, False
    events = {"MMIL": [truth], "LEAP": [lacking]}
    (shown,) = failure_excerpts(tiny_store, events, "Tiny")
    assert shown.index == video
    assert shown.caption.startswith(f"Missed: {TYPES['missed']}.")
    assert "Wrong events of MMIL: none." in shown.caption
    assert not shown.parsings["LEAP"]["audio"].any()


def test_the_compared_video_is_the_first_with_simultaneous_events_in_both_modalities(tiny_store):
    truth = truth_of(tiny_store)
    found = list(both_decoders(tiny_store, {key: [truth] for key in SHOWN}, "Tiny"))
    overlapping = [v for v in range(len(truth.audio)) if all(c[v].sum(axis=-1).max() >= 2 for c in truth)]
    assert [shown.index for shown in found] == overlapping[:1]
    assert all(list(shown.parsings) == list(SHOWN) for shown in found)
