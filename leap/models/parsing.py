"""What a parser says about a batch of videos."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Parsing:
    """Segment-level and video-level event scores of ``B`` videos.

    The sigmoid of a segment logit is the segment's event probability in every decoder.

    Attributes:
        segment_audio: logits, (B, T, C).
        segment_visual: logits, (B, T, C).
        video_audio: probability that the class is heard anywhere in the video, (B, C).
        video_visual: probability that the class is seen anywhere in the video, (B, C).
        video: probability that the class is in the video at all, (B, C).
        encoded_audio: the encoder's output, (B, T, d); L_avss compares it.
        encoded_visual: the encoder's output, (B, T, d).
        label_audio: LEAP's refined label embeddings, (B, C, d); None elsewhere.
        label_visual: the same for the visual stream.
        attention_audio: softmax attention of labels over segments, (B, N, heads, C, T); None elsewhere.
        attention_visual: the same for the visual stream.
    """

    segment_audio: Tensor
    segment_visual: Tensor
    video_audio: Tensor
    video_visual: Tensor
    video: Tensor
    encoded_audio: Tensor
    encoded_visual: Tensor
    label_audio: Tensor | None = None
    label_visual: Tensor | None = None
    attention_audio: Tensor | None = None
    attention_visual: Tensor | None = None
