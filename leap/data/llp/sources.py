"""Addresses and checksums of LLP's files."""

ANNOTATIONS = (
    "https://raw.githubusercontent.com/YapengTian/AVVP-ECCV20/fde56118f2c2e7c19188dfefa2569a37b70054fe/data"
)
ANNOTATION_SHA256 = {
    "AVVP_dataset_full.csv": "89f112ffc602279c87cc2b2040c4cd42eaf163a9d7e61cf4e74250a343d21e56",
    "AVVP_train.csv": "bbeb83e8af46a85075216b213d3464f92dd4ab71468c852ae454b82cc745c0a4",
    "AVVP_val_pd.csv": "1811813b54c5f43c3be0a97bd0971cfb8a93818ca7b3ab96cdc7f4ac37ef37a6",
    "AVVP_test_pd.csv": "3f7a2b040e3b67c15d08efef25002bf8c5b2320f11049eb99ae0eb2d62f8eb9b",
    "AVVP_eval_audio.csv": "d5435664668bec6e7eafb39059d2f424ed2682f6b55395262fc3cb691b7d0778",
    "AVVP_eval_visual.csv": "e2274af694f3f27e38b840e0cd91a9d8d9ac85280f193e90828d26b22db69abe",
}
"""SHA-256 of the annotation files that upstream has distributed since April 2024."""

TRUTH_SHA256 = {
    "val": "2382cc1f7b0fb8bd0d8584179cc397dcb172dae63b74a02ba4bbd80043df5a1e",
    "test": "8924eb5ca223b9d26a421705dfefdf91fb3434c4d258e4c765d67e0803471336",
}
"""Split → SHA-256 of its dense labels in these files, as of `leap.inference.signed_scores.truth_sha256`."""

OLDER_AUDIO_SHA256 = "249122f65501d8d611c0027a48643798fe622bedee60f7e6224b5a8e3c02f886"
"""SHA-256 of the older copy of ``AVVP_eval_audio.csv`` that most releases ship."""

GLOVE = "llp_label_glove_embeddings.pt"
GLOVE_URL = (
    "https://raw.githubusercontent.com/jasongief/LEAP/fd4a8f5f79407daa2b0e94e79d31d51204e95272"
    f"/glove/6B/300d/{GLOVE}"
)
GLOVE_SHA256 = "7e936f2e6cbbc0288c9d16c2d7e7caa0b0e11c248f3f84fec7893b61f5b74eba"
GLOVE_FILE = f"label_embeddings/{GLOVE}"
"""GloVe vectors of the class names, below the root of the official layout."""

FEATURES_PAGE = "https://drive.google.com/file/d/10CeaI1G9uIyz5dKnd7XTeH9-qOehC7CL/view"
"""Page of the VGGish, ResNet-152 and R(2+1)D features; only a browser can download the archive."""

VALOR = "https://huggingface.co/datasets/NTUBarista/valor_features/resolve/main"
VALOR_ARCHIVES = ("CLIP", "CLAP")
VALOR_FOLDERS = ("features", "segment_pseudo_labels")
