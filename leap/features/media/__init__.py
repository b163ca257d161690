"""Decoding of media files: one second of audio and a fixed number of frames per segment."""

from leap.features.media.audio import audio_seconds
from leap.features.media.clip import Clip, Limits, open_clip
from leap.features.media.container import SUFFIXES
from leap.features.media.video import frames, stills

__all__ = ["SUFFIXES", "Clip", "Limits", "audio_seconds", "frames", "open_clip", "stills"]
