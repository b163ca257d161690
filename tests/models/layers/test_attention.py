import pytest
import torch

from leap.models.layers.attention import AttentionBlock, share_projections


def make(**options):
    torch.manual_seed(0)
    return AttentionBlock(8, 12, heads=2, dropout=0.0, **options).eval()


def test_scores_are_those_of_normed_queries_and_plain_keys():
    block, query, context = make(), torch.randn(3, 5, 8), torch.randn(3, 7, 8)
    found = block(query, context)
    queries, keys = block.query(block.norm_attention(query)), block.key(context)
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        expected = queries[..., part] @ keys[..., part].transpose(1, 2) / 2  # √(8 / 2)
        torch.testing.assert_close(found.scores[:, head], expected)
    torch.testing.assert_close(found.weights, found.scores.softmax(-1))


def test_residuals_surround_attention_and_feed_forward_layer():
    block, query, context = make(), torch.randn(3, 5, 8), torch.randn(3, 7, 8)
    found = block(query, context)
    mixed = found.weights @ block.value(context).unflatten(-1, (2, 4)).transpose(1, 2)  # (3, 2, 5, 4)
    attended = query + block.output(mixed.transpose(1, 2).flatten(2))
    torch.testing.assert_close(found.after_attention, attended)
    refined = attended + block.feed_forward(block.norm_feed_forward(attended))
    torch.testing.assert_close(found.refined, refined)


def test_scores_of_a_second_pass_take_the_query_without_its_norm():
    block, query, context = make(), torch.randn(3, 5, 8), torch.randn(3, 7, 8)
    block.norm_attention = torch.nn.Identity()
    torch.testing.assert_close(block.query_key_scores(query, context), block(query, context).scores)


def test_one_query_set_serves_all_videos():
    block, query, context = make(), torch.randn(1, 5, 8), torch.randn(3, 7, 8)
    shared, repeated = block(query, context), block(query.expand(3, -1, -1), context)
    for one, other in zip(shared, repeated, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("window", [0, 1, 3])
def test_a_window_bounds_the_distance_attended_to(window):
    segments = torch.randn(2, 6, 8)
    weights = make(window=window)(segments, segments).weights
    places = torch.arange(6)
    inside = (places - places[:, None]).abs() <= window
    assert (weights[..., ~inside] == 0).all()
    assert (weights[..., inside] > 0).all()


def test_shared_projections_start_equal_and_are_trained_apart():
    block = share_projections(make())
    for layer in (block.key, block.value, block.output):
        assert torch.equal(layer.weight, block.query.weight)
        assert torch.equal(layer.bias, block.query.bias)
        assert layer.weight is not block.query.weight


def test_heads_divide_the_width():
    with pytest.raises(ValueError, match="3 heads do not divide the width 8"):
        AttentionBlock(8, 12, heads=3)
