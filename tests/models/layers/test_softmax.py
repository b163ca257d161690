import pytest
import torch

from leap.models.layers.softmax import softmax


@pytest.mark.parametrize("shape", [(3, 1), (2, 3, 4), (4, 2, 10, 10), (2, 100)])
def test_equals_pytorchs_in_values_and_gradients(shape):
    torch.manual_seed(0)
    scores = (5 * torch.randn(shape, dtype=torch.float64)).requires_grad_()
    other, upstream = scores.detach().clone().requires_grad_(), torch.randn(shape, dtype=torch.float64)
    ours, theirs = softmax(scores), other.softmax(dim=-1)
    ours.backward(upstream)
    theirs.backward(upstream)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(scores.grad, other.grad)


def test_gradients_of_gradients():
    scores = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(softmax, scores)
    assert torch.autograd.gradgradcheck(softmax, scores)


def test_what_is_masked_gets_nothing_and_large_scores_are_safe():
    scores = torch.tensor([[1e4, -torch.inf, 1e4], [-1e4, -1e4, -torch.inf]], requires_grad=True)
    weights = softmax(scores)
    assert weights.tolist() == [[0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]
    weights.sum().backward()
    assert torch.isfinite(scores.grad).all()


def test_half_precision_is_computed_in_single():
    scores = torch.randn(4, 10).bfloat16()
    assert softmax(scores).dtype == torch.float32
    torch.testing.assert_close(softmax(scores), scores.float().softmax(dim=-1))
