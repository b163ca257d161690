"""Features and pseudo-labels of video files, extracted by the published networks with their public weights.

- `media`: decoding, one second per segment.
- `log_mel`: log-mel spectrograms, the input of VGGish and YAMNet.
- `networks`: architectures, and loaders of their weights.
- `weights`: sources, download and verification of the public weights.
- `audio_features`, `clap_features`, `visual_features`, `tagger_features`, `text_embeddings`: outputs of each
  network.
- `extractors`: the extractor of each kind of features.
- `prompts`, `pseudo_labels`: segment-level pseudo-labels by CLIP and CLAP.
- `extraction`: features and pseudo-labels of a folder of videos.
- `parse_clip`: parsing of a video file by a trained parser.
- `taggers`: parsing without training, by the scores of two taggers.
- `clip_parsers`: parsers of video files by name; `parsed_clip`: what they return.
"""
