"""Features and pseudo-labels of video files, extracted by the published networks with their public weights.

- `media`: decoding, one second per segment.
- `log_mel`: log-mel spectrograms, the input of VGGish.
- `networks`: architectures, and loaders of their weights.
- `weights`: sources, download and verification of the public weights.
- `audio_features`, `clap_features`, `visual_features`, `text_embeddings`: outputs of each network.
- `extractors`: the extractor of each kind of features.
- `prompts`, `pseudo_labels`: segment-level pseudo-labels by CLIP and CLAP.
- `extraction`: features and pseudo-labels of a folder of videos.
- `parse_clip`: parsing of a video file by a trained parser.
"""
