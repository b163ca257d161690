"""From video files to features and pseudo-labels, by the published networks and their public weights.

- `media`: decoding, one second per segment.
- `log_mel`: the spectrogram that VGGish reads.
- `networks`: architectures, and loading them with their weights.
- `weights`: where public weights come from, and which are on this machine.
- `audio_features`, `clap_features`, `visual_features`, `text_embeddings`: what each network computes.
- `extractors`: every kind of features by name.
- `prompts`, `pseudo_labels`: segment-level pseudo-labels by CLIP and CLAP.
- `extraction`: features and pseudo-labels of a folder of videos.
- `parse_clip`: events of a video file by a trained parser.
"""
