from leap.data.layouts import load_statistics
from leap.visualization.dataset_figures import DISTRIBUTIONS, layout_figure


def test_layout_figure_shows_both_summaries():
    summary = load_statistics().summary
    axes = layout_figure(summary, summary, "Tiny").axes
    heights = [bar.get_height() for bar in axes[2].patches]
    assert heights == [*summary["audio_run_lengths"], *summary["audio_run_lengths"]]
    assert [axis.get_title() for axis in axes[:2]] == ["audio", "visual"]
    assert [axis.get_xlabel() for axis in axes[::2]] == list(DISTRIBUTIONS.values())
