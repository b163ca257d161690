"""Videos and sounds from files: decoding, one second a segment, and the spectrograms that networks read."""

from leap.features.media.clip import Clip, Limits, open_clip
from leap.features.media.decode import frames, sound

__all__ = ["Clip", "Limits", "frames", "open_clip", "sound"]
