import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, CLIPTextConfig, CLIPTextModelWithProjection
from transformers import PreTrainedTokenizerFast as FastTokenizer

from leap.errors import LeapError
from leap.label_embeddings.encoders import encoder_embeddings, find_model

WORDS = ["[PAD]", "[UNK]", "[EOS]", "a", "dog", "cat", "barks"]
TEXTS = ["a dog", "a cat", "a dog barks"]
SIZES = {"vocab_size": len(WORDS), "hidden_size": 8, "intermediate_size": 12}
LAYERS = {"num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 12}


def save_tokenizer(folder):
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="$A [EOS]", special_tokens=[("[EOS]", 2)])
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "eos_token": "[EOS]"}
    FastTokenizer(tokenizer_object=tokenizer, model_max_length=12, **special).save_pretrained(folder)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    BertModel(BertConfig(**SIZES, **LAYERS)).save_pretrained(folder)
    save_tokenizer(folder)
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    config = CLIPTextConfig(**SIZES, **LAYERS, projection_dim=6, eos_token_id=2, pad_token_id=0)
    CLIPTextModelWithProjection(config).save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def test_mean_over_tokens_without_padding(bert):
    rows = encoder_embeddings(TEXTS, bert)
    assert rows.shape == (3, 8)
    with torch.inference_mode():
        model = BertModel.from_pretrained(bert).eval()
        alone = model(torch.tensor([[3, 4, 2]])).last_hidden_state.mean(1)
    torch.testing.assert_close(rows[:1], alone, atol=1e-5, rtol=1e-4)


def test_projected_text_of_clip(clip):
    rows = encoder_embeddings(TEXTS, clip)
    assert rows.shape == (3, 6)
    with torch.inference_mode():
        alone = CLIPTextModelWithProjection.from_pretrained(clip).eval()(torch.tensor([[3, 5, 2]]))
    torch.testing.assert_close(rows[1:2], alone.text_embeds, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", ["bert", "clip"])
def test_padding_does_not_matter(kind, request):
    folder = request.getfixturevalue(kind)
    together = encoder_embeddings(TEXTS, folder)
    apart = torch.cat([encoder_embeddings([text], folder) for text in TEXTS])
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_pickled_weights_are_not_read(bert, tmp_path):
    for path in bert.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save(BertModel.from_pretrained(bert).state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(LeapError, match="not a text encoder with safetensors weights"):
        encoder_embeddings(TEXTS, tmp_path)


def test_empty_folder(tmp_path):
    with pytest.raises(LeapError, match=r"^[^\n]*not a text encoder with safetensors weights[^\n]*$"):
        encoder_embeddings(TEXTS, tmp_path)


def test_offline_the_error_says_what_to_download(monkeypatch, tmp_path):
    import huggingface_hub

    def fail(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(LeapError, match="hf download some/model --local-dir FOLDER"):
        find_model("some/model")
    assert find_model(str(tmp_path)) == tmp_path


def test_without_transformers_the_error_says_what_to_install(monkeypatch, bert):
    import sys

    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for call in (lambda: encoder_embeddings(TEXTS, bert), lambda: find_model("some/model")):
        with pytest.raises(LeapError, match=r"pip install 'leap-avvp\[text\]'"):
            call()


def test_a_tokenizer_without_vocabulary_is_refused(bert, tmp_path):
    BertModel.from_pretrained(bert).save_pretrained(tmp_path)
    with pytest.raises(LeapError, match=r"a tokenizer \(none of tokenizer\.json, vocab\.json"):
        encoder_embeddings(TEXTS, tmp_path)
