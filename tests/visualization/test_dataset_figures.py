from leap.data.layouts import load_statistics
from leap.visualization.dataset_figures import layout_figure


def test_layout_figure_shows_both_summaries():
    summary = load_statistics().summary
    bars = layout_figure(summary, summary, "Tiny").axes[1].patches
    heights = [bar.get_height() for bar in bars]
    assert heights == [*summary["audio_run_lengths"], *summary["audio_run_lengths"]]
