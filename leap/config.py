"""Configuration of a run: frozen config classes that reject unknown keys and wrong types.

A run's config, its data and the revision of the code determine its results, so the canonical JSON of the
config is part of the run's key (`leap.training.run.run_key`). The encoder, the decoder, the parser, the loss
and the schedule are *parts*: each has its own config class, selected by its ``name`` (`leap.registry`). This
module declares the parts that ship with the package.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from leap.errors import LeapError
from leap.io.reason import reason
from leap.io.strict_json import parse_json
from leap.io.text_file import decode, read_text
from leap.registry import Registry, first_problem

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

ENCODERS = Registry("encoder", "leap.models.encoders", "han")
DECODERS = Registry("decoder", "leap.models.decoders", "leap")
PARSERS = Registry("model", "leap.models", "standard")
LOSSES = Registry("loss", "leap.training.losses", "leap")
SCHEDULES = Registry("schedule", "leap.training.schedules", "cosine")


def _not_rounded_to_zero(rate: float) -> float:
    if 0 < rate < 1 / 128:
        raise ValueError("a dropout rate is 0 or at least 1/128, as it is rounded to a multiple of 1/256")
    return rate


Threshold = Annotated[float, Field(ge=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Dropout = Annotated[float, Field(ge=0, lt=1), AfterValidator(_not_rounded_to_zero)]
"""Rate that is 0 or at least 1/128: attention weights use half of it, rounded to a multiple of 1/256."""

Inputs = tuple[Literal["audio", "clap"], Literal["visual_2d", "clip"]]
Variant = Literal["paper", "release", "release-scores", "release-union", "calibrated"]
Coupling = Literal["pooled", "separate"]
"""Whether video probabilities are pooled from segment probabilities or come from a head of their own."""

DenoisingWarmup = Literal["step", "ramp"]
Smoother = Literal["none", "median", "hmm", "auto"]
"""How pseudo-labels are denoised over time: not at all, by a median filter, by a hidden Markov model, or by
the model where it expects a gain."""

Precision = Literal["float32", "bfloat16"]
Supervision = Literal["pseudo", "dense"]
"""Segment labels that training learns from: pseudo-labels, or the true labels as an upper bound."""


def optional(default: Any, **limits: Any) -> Any:
    """Field left out of serialized configs at its default, so adding it keeps the keys of earlier runs."""
    return Field(default=default, exclude_if=lambda value: value == default, **limits)


# --- encoders


@dataclass(frozen=True, kw_only=True, config=STRICT)
class EncoderConfig:
    """Base class of encoder configs; `ENCODERS` registers them.

    Attributes:
        name: name of the encoder.
    """

    name: str


@ENCODERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class HanConfig(EncoderConfig):
    """HAN's hybrid attention network (arXiv 2007.10558); the weight of cross-modal attention is adjustable.

    Attributes:
        name: ``"han"``.
        layers: number of chained layers; 1 in the paper.
        heads: attention heads.
        cross_weight: weight w of the pass with cross-modal attention in ``w · cross + (1 − w) · unimodal``:
            1 is HAN, 0 JoMoLD's noise estimator (arXiv 2204.11573), 0.8 CMPAE's encoder.
    """

    name: Literal["han"] = "han"
    layers: int = Field(default=1, ge=1)
    heads: int = Field(default=1, ge=1)
    cross_weight: float = optional(1.0, ge=0, le=1)


@ENCODERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class ValorConfig(EncoderConfig):
    """VALOR's encoder (arXiv 2305.17343): HAN layers whose visual stream attends to the updated audio stream.

    Attributes:
        name: ``"valor"``.
        layers: number of layers; 1 in VALOR, 4 in VALOR+ and VALOR++.
        heads: attention heads.
        pre_norm: normalize before the sublayers and once at the end, instead of after each sublayer.
    """

    name: Literal["valor"] = "valor"
    layers: int = Field(default=1, ge=1)
    heads: int = Field(default=8, ge=1)
    pre_norm: bool = optional(False)


@ENCODERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class MmPyramidConfig(EncoderConfig):
    """The multimodal pyramid attentional network, MM-Pyr (ACM MM 2022, arXiv 2111.12374).

    Attributes:
        name: ``"mm-pyramid"``.
        levels: number of pyramid levels; 4 in the paper.
        heads: attention heads; 8 in the paper.
        swapped: exchange the two streams at the end, as the released code does before MMIL.
    """

    name: Literal["mm-pyramid"] = "mm-pyramid"
    levels: int = Field(default=4, ge=1)
    heads: int = Field(default=8, ge=1)
    swapped: bool = optional(False)


# --- decoders


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DecoderConfig:
    """Base class of decoder configs; `DECODERS` registers them.

    Attributes:
        name: name of the decoder.
    """

    name: str


@DECODERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class MmilConfig(DecoderConfig):
    """Attentive MMIL pooling, the decoder of HAN (arXiv 2007.10558).

    Attributes:
        name: ``"mmil"``.
        blocks: number of self-attention blocks before the classifier, per modality; 0 is MMIL as published.
        heads: attention heads of those blocks.
        video: where the video probabilities come from; ``"separate"`` is not MMIL as published.
    """

    name: Literal["mmil"] = "mmil"
    blocks: int = Field(default=0, ge=0)
    heads: int = Field(default=1, ge=1)
    video: Coupling = optional("pooled")


@DECODERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class LeapConfig(DecoderConfig):
    """LEAP's decoder (arXiv 2407.08126): label embeddings query the segments.

    Attributes:
        name: ``"leap"``.
        blocks: N, number of cross-attention blocks; 2 in the paper.
        heads: attention heads of the blocks; 8 in the release.
        variant: how segment scores and the union of the modalities are computed; see
            `leap.models.decoders.leap.Leap`.
        video: where the video probabilities come from; ``"pooled"`` is not in the paper.
    """

    name: Literal["leap"] = "leap"
    blocks: int = Field(default=2, ge=1)
    heads: int = Field(default=1, ge=1)
    variant: Variant = "paper"
    video: Coupling = optional("separate")


@DECODERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class EvidentialConfig(DecoderConfig):
    """CMPAE's decoder (CVPR 2023): evidence for the presence and for the absence of every event.

    Attributes:
        name: ``"evidential"``.
    """

    name: Literal["evidential"] = "evidential"


# --- parsers


@PARSERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModelConfig:
    """A parser: front end, encoder, decoder and the label embeddings it starts from.

    Attributes:
        name: kind of parser: ``"standard"``, or the name of a subclass.
        encoder: the encoder.
        decoder: the decoder.
        width: feature width d.
        ffn: hidden width of the feed-forward layers.
        dropout: dropout rate on sublayers and in the feed-forward layers; rounded to a multiple of 1/256.
        labels: source of the label embeddings; see `leap.label_embeddings.label_embeddings`:
            ``"orthogonal"``, ``"learned"``, ``"ngrams"``, ``"alike"``, ``"glove"``, ``"minilm"``,
            ``"descriptions"``, ``"dataset"`` or a file.
        inputs: names of the stored features used as ``audio`` and ``visual_2d``; VALOR++ uses
            ``("clap", "clip")``.
        precision: precision of matrix products; weights, norms and losses are always float32.
    """

    name: str = "standard"
    encoder: Annotated[EncoderConfig, ENCODERS] = HanConfig()
    decoder: Annotated[DecoderConfig, DECODERS] = LeapConfig()
    width: int = Field(default=64, ge=1)
    ffn: int = Field(default=128, ge=1)
    dropout: Dropout = 0.2
    labels: str = "orthogonal"
    inputs: Inputs = optional(("audio", "visual_2d"))
    precision: Precision = optional("float32")


@PARSERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class JomoldConfig(ModelConfig):
    """JoMoLD's noise estimator (arXiv 2204.11573): a parser with dropout on the encoded visual stream.

    Attributes:
        name: ``"jomold"``.
        visual_dropout: dropout rate on the encoded visual stream.
    """

    name: Literal["jomold"] = "jomold"
    visual_dropout: Dropout = 0.5


@PARSERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class CmpaeConfig(ModelConfig):
    """CMPAE (CVPR 2023): JoMoLD's parser with a front end of ELUs, a global branch and a blend of two passes.

    Attributes:
        name: ``"cmpae"``.
        visual_dropout: dropout rate on the encoded visual stream.
        cross_weight: weight, in eval mode, of the pass with cross-modal attention; the unimodal pass has
            ``1 − cross_weight``.
    """

    name: Literal["cmpae"] = "cmpae"
    encoder: Annotated[EncoderConfig, ENCODERS] = HanConfig(cross_weight=0.8)
    decoder: Annotated[DecoderConfig, DECODERS] = EvidentialConfig()
    visual_dropout: Dropout = 0.5
    cross_weight: float = Field(default=0.7, ge=0, le=1)


@PARSERS.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class UwavConfig(ModelConfig):
    """UWAV's parser (CVPR 2025, arXiv 2505.09615): its own front end and five layers of VALOR's encoder.

    Attributes:
        name: ``"uwav"``.
    """

    name: Literal["uwav"] = "uwav"
    encoder: Annotated[EncoderConfig, ENCODERS] = ValorConfig(layers=5, heads=16)
    decoder: Annotated[DecoderConfig, DECODERS] = MmilConfig()


# --- losses


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BasicLossConfig:
    """Base class of the configs of L_basic; `LOSSES` registers them.

    Attributes:
        name: name of the loss.
    """

    name: str

    def check(self, model: ModelConfig) -> None:
        """Refuse a model that the loss cannot train.

        Raises:
            ValueError: the loss cannot train the model; the base class accepts every model.
        """

    @property
    def reads_pseudo_labels(self) -> bool:
        """Whether the loss learns from pseudo-labels."""
        return True

    @property
    def reads_soft_labels(self) -> bool:
        """Whether the loss learns from soft labels, made of the logits of the pseudo-labels' teacher."""
        return False


@LOSSES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class LeapLossConfig(BasicLossConfig):
    """LEAP's L_basic (arXiv 2407.08126); see `leap.training.losses.leap`."""

    name: Literal["leap"] = "leap"


@LOSSES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class HanLossConfig(BasicLossConfig):
    """HAN's losses (arXiv 2007.10558), from weak labels only; see `leap.training.losses.han`."""

    name: Literal["han"] = "han"

    @property
    def reads_pseudo_labels(self) -> bool:
        """HAN learns from weak labels only."""
        return False


@LOSSES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class ValorLossConfig(BasicLossConfig):
    """VALOR's losses, from weak and pseudo-labels (arXiv 2305.17343); see `leap.training.losses.valor`."""

    name: Literal["valor"] = "valor"


@LOSSES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class JomoldLossConfig(HanLossConfig):
    """The losses of JoMoLD's noise estimator (arXiv 2204.11573); see `leap.training.losses.jomold`."""

    name: Literal["jomold"] = "jomold"  # type: ignore[assignment]


@LOSSES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class CmpaeLossConfig(BasicLossConfig):
    """CMPAE's losses (CVPR 2023); see `leap.training.losses.cmpae`.

    Attributes:
        name: ``"cmpae"``.
        denoise: remove weak labels that a modality does not support.
        warmup: factor of the noise ratios during training: ``"step"`` is 0 in the first epoch and 1 after it,
            as in the released code; ``"ramp"`` rises linearly during the first epoch, as the code intends.
    """

    name: Literal["cmpae"] = "cmpae"
    denoise: bool = True
    warmup: DenoisingWarmup = "step"

    def check(self, model: ModelConfig) -> None:
        """Refuse a model without CMPAE's global branch and evidential decoder.

        Raises:
            ValueError: the model is not CMPAE with its evidential decoder.
        """
        if not (isinstance(model, CmpaeConfig) and isinstance(model.decoder, EvidentialConfig)):
            raise ValueError('loss "cmpae" needs the model "cmpae" with the decoder "evidential"')

    @property
    def reads_pseudo_labels(self) -> bool:
        """CMPAE learns from weak labels only."""
        return False


@LOSSES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class UwavLossConfig(BasicLossConfig):
    """UWAV's losses, from weak and soft labels (arXiv 2505.09615); see `leap.training.losses.uwav`.

    Attributes:
        name: ``"uwav"``.
        present_weight: factor of the weight of a video's own classes in the segment losses.
        mixup: both parameters of the Beta distribution from which the weight of a mixture is drawn.
    """

    name: Literal["uwav"] = "uwav"
    present_weight: float = Field(default=0.5, gt=0)
    mixup: float = Field(default=1.7, gt=0)

    @property
    def reads_pseudo_labels(self) -> bool:
        """UWAV only counts the pseudo-labels, to weight its losses."""
        return False

    @property
    def reads_soft_labels(self) -> bool:
        """UWAV learns from soft labels."""
        return True


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AvssConfig:
    """The audio-visual semantic similarity loss L_avss (arXiv 2407.08126).

    Attributes:
        weight: λ, the weight of L_avss in the total loss.
        variant: ``"paper"``; ``"release"``, the target and similarity of the released code; ``"confident"``,
            segment pairs weighted by how well the parser agrees with their pseudo-labels (not in the paper).
    """

    weight: float = Field(default=1.0, gt=0)
    variant: Literal["paper", "release", "confident"] = "paper"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LossConfig:
    """L = L_basic + λ · L_avss.

    Attributes:
        basic: L_basic, of LEAP or of another system.
        avss: L_avss; None for a loss without it.
    """

    basic: Annotated[BasicLossConfig, LOSSES] = LeapLossConfig()
    avss: AvssConfig | None = None


# --- training


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ScheduleConfig:
    """Base class of the configs of learning-rate schedules; `SCHEDULES` registers them.

    Attributes:
        name: name of the schedule.
    """

    name: str


@SCHEDULES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class CosineSchedule(ScheduleConfig):
    """Linear warm-up over steps, then half a cosine to 0.

    Attributes:
        name: ``"cosine"``.
        warmup: number of warm-up steps.
    """

    name: Literal["cosine"] = "cosine"
    warmup: int = Field(default=50, ge=0)


@SCHEDULES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class StepSchedule(ScheduleConfig):
    """Multiply the learning rate by a factor every few epochs (HAN, MM-Pyr, CMPAE, LEAP).

    Attributes:
        name: ``"step"``.
        period: number of epochs between two drops.
        factor: factor by which each drop multiplies the learning rate.
    """

    name: Literal["step"] = "step"
    period: int = Field(default=10, ge=1)
    factor: float = Field(default=0.1, gt=0, le=1)


@SCHEDULES.declare
@dataclass(frozen=True, kw_only=True, config=STRICT)
class EpochCosineSchedule(ScheduleConfig):
    """Linear warm-up over epochs, then half a cosine over the remaining epochs (VALOR, UWAV).

    Attributes:
        name: ``"epoch-cosine"``.
        warmup: number of warm-up epochs.
        final: limit of the cosine, as a fraction of the peak learning rate.
        first: number of the first epoch: 0 in VALOR, whose first epoch has rate 0, and 1 in UWAV.
    """

    name: Literal["epoch-cosine"] = "epoch-cosine"
    warmup: int = Field(default=10, ge=1)
    final: float = Field(default=0.01, gt=0, le=1)
    first: Literal[0, 1] = optional(0)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainConfig:
    """Optimization; training keeps the epoch with the best validation score.

    Attributes:
        epochs: passes over the training videos.
        batch: videos per step.
        lr: peak learning rate.
        weight_decay: AdamW's decoupled weight decay, or Adam's.
        clip: maximum norm of the gradient; None for no clipping.
        videos: maximum number of training videos, taken from the start of the split; None for all.
        optimizer: ``"adamw"`` or ``"adam"``.
        betas: decay rates of the running first and second moments of the gradient.
        schedule: how the learning rate changes.
        selection: validation score that selects the epoch; ``"mean"`` is the mean of all ten scores.
        ties: which of two equally good epochs is kept.
    """

    epochs: int = Field(default=12, ge=1)
    batch: int = Field(default=32, ge=1)
    lr: float = Field(default=3e-3, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    clip: float | None = Field(default=1.0, gt=0)
    videos: int | None = Field(default=None, ge=1)
    optimizer: Literal["adamw", "adam"] = "adamw"
    betas: tuple[Beta, Beta] = optional((0.9, 0.999))
    schedule: Annotated[ScheduleConfig, SCHEDULES] = CosineSchedule()
    selection: Literal["seg_type", "evt_a", "mean"] = "seg_type"
    ties: Literal["later", "earlier"] = "later"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NoiseConfig:
    """Random errors added to the training pseudo-labels, within the classes of the weak labels.

    Attributes:
        misses: probability that a 1 becomes 0.
        false_alarms: probability that a 0 of a class of the weak label becomes 1.
        of: losses that learn from the corrupted labels: all of them, only L_basic or only L_avss.
        bursts: flip whole runs with these probabilities instead of independent segments.
    """

    misses: float = Field(default=0.0, ge=0, le=1)
    false_alarms: float = Field(default=0.0, ge=0, le=1)
    of: Literal["all", "basic", "avss"] = "all"
    bursts: bool = optional(False)

    @model_validator(mode="after")
    def _bursts_have_a_rate(self) -> Self:
        if self.bursts and not (self.misses or self.false_alarms):
            raise ValueError("bursts belong to noise with misses or false_alarms")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SmoothingConfig:
    """Denoising of the training pseudo-labels over time; see `leap.data.pseudo_labels.smooth`.

    Attributes:
        audio: how audio pseudo-labels are denoised.
        visual: how visual pseudo-labels are denoised.
    """

    audio: Smoother = "none"
    visual: Smoother = "none"


# --- decoding


@dataclass(frozen=True, config=STRICT)
class Protocol:
    """How probabilities are decoded into events; a probability equal to its threshold counts as an event.

    HAN, MM-Pyr, VALOR and LEAP use the default; the others are in `leap.inference.protocols`.

    Attributes:
        segment: threshold of segment probabilities.
        gate: video-level decision that a segment-level event also requires: ``"video"`` is one decision for
            both modalities, ``"modality"`` is that of the event's own modality, None requires neither.
        gate_threshold: threshold of the video-level decision.
        class_thresholds: per-class thresholds of the visual video-level decision, (C,), instead of
            ``gate_threshold``, which still applies to audio; only with ``gate="modality"``.
    """

    segment: Threshold = 0.5
    gate: Literal["video", "modality"] | None = "video"
    gate_threshold: Threshold = 0.5
    class_thresholds: tuple[Threshold, ...] | None = None

    @model_validator(mode="after")
    def _class_thresholds_have_a_gate(self) -> Self:
        if self.class_thresholds is not None and self.gate != "modality":
            raise ValueError('class_thresholds belong to gate="modality"')
        return self


# --- a run


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RunConfig:
    """One run: the data set, the parser, how it is trained and how it is scored.

    Attributes:
        dataset: name of the data set.
        model: the parser.
        loss: the losses.
        train: the optimisation.
        protocol: decoding protocol, on the validation split and on ``split``.
        seed: seed of initial values, batch order and dropout.
        split: split on which the trained parser is scored.
        thresholds_on_val: after training, choose the protocol's per-class visual thresholds on the validation
            split (CMPAE).
        noise: errors added to the training pseudo-labels.
        smoothing: denoising of the training pseudo-labels over time, after ``noise``; the labels of each loss
            are denoised apart where ``noise.of`` makes them differ.
        unseen: names of classes whose labels and label embeddings training does not see. The videos stay, the
            epoch is selected by the other classes, and the trained parser decodes all classes.
        supervision: ``"dense"`` replaces the training pseudo-labels by the true dense labels, before
            ``noise``: an upper bound of what weakly supervised training can reach.
    """

    dataset: str = "av-digits"
    model: Annotated[ModelConfig, PARSERS] = ModelConfig()
    loss: LossConfig = LossConfig()
    train: TrainConfig = TrainConfig()
    protocol: Protocol = Protocol()
    seed: int = Field(default=0, ge=0, lt=2**31)
    split: Literal["val", "test"] = "test"
    thresholds_on_val: bool = optional(False)
    noise: NoiseConfig = optional(NoiseConfig())
    smoothing: SmoothingConfig = optional(SmoothingConfig())
    unseen: tuple[str, ...] = optional(())
    supervision: Supervision = optional("pseudo")

    @model_validator(mode="after")
    def _parts_fit_each_other(self) -> Self:
        if self.thresholds_on_val and self.protocol.gate != "modality":
            raise ValueError('thresholds_on_val belongs to a protocol with gate="modality"')
        self.loss.basic.check(self.model)
        self._pseudo_labels_are_learned_from()
        if self.unseen:
            self._unseen_classes_can_be_decoded()
        return self

    def _pseudo_labels_are_learned_from(self) -> None:
        noisy, avss = self.noise.misses or self.noise.false_alarms, self.loss.avss is not None
        basic = self.loss.basic.reads_pseudo_labels
        if self.smoothing != SmoothingConfig() and not (basic or avss):
            raise ValueError("smoothing: no loss learns from pseudo-labels")
        if self.supervision == "dense" and not (basic or avss):
            raise ValueError('supervision "dense": no loss learns from segment labels')
        if self.supervision == "dense" and self.smoothing != SmoothingConfig() and not noisy:
            raise ValueError("smoothing: the true dense labels have no errors to remove")
        reads = {"all": basic or avss, "basic": basic, "avss": avss}[self.noise.of]
        if noisy and not reads:
            raise ValueError(f'noise of "{self.noise.of}": no such loss learns from pseudo-labels')

    def _unseen_classes_can_be_decoded(self) -> None:
        if not isinstance(self.model.decoder, LeapConfig) or isinstance(self.model, CmpaeConfig):
            raise ValueError('unseen: needs the decoder "leap" and a model without weights per class')
        if self.model.labels == "learned":
            raise ValueError("unseen: no label embeddings of these classes would be learned; give others")
        if self.thresholds_on_val or self.protocol.class_thresholds is not None:
            raise ValueError("unseen: these classes can have no thresholds of their own")


_ADAPTER = TypeAdapter(RunConfig)


def to_dict(config: RunConfig) -> dict[str, Any]:
    """The config as plain JSON values."""
    return _ADAPTER.dump_python(config, mode="json")


def from_dict(values: dict[str, Any], source: str = "config") -> RunConfig:
    """Make a config from plain values, which error messages call ``source``.

    >>> from_dict({"model": {"name": "standard", "decoder": {"name": "mmil"}}}).model.decoder
    MmilConfig(name='mmil', blocks=0, heads=1, video='pooled')

    Raises:
        LeapError: an unknown key, a wrong type, a value out of range, or parts that do not fit each other.
    """
    try:
        return _ADAPTER.validate_json(json.dumps(values))
    except ValidationError as error:
        problem = first_problem(error)
        raise LeapError(f"{source}: {problem}; see leap.config.RunConfig for the keys") from None


def read_config(path: str | Path) -> RunConfig:
    """Read a run config from a JSON file, or from standard input for ``-``.

    Raises:
        LeapError: the file is missing, is not JSON or does not describe a run.
    """
    text, source = read_config_text(path)
    try:
        values = parse_json(text)
    except ValueError as error:
        raise not_json(source, error) from None
    return from_dict(values, source)


def read_config_text(path: str | Path) -> tuple[str, str]:
    """Read the text of a file of run configs, or standard input for ``-``.

    Returns:
        The text, and the name of the file for messages.

    Raises:
        LeapError: the file cannot be read, or is not text.
    """
    piped = str(path) == "-"
    source = "standard input" if piped else str(path)
    try:
        return (decode(sys.stdin.buffer.read()) if piped else read_text(Path(path))), source
    except OSError as error:
        raise LeapError(f"{source}: cannot be read ({reason(error)}); give a run config") from None
    except ValueError as error:
        raise not_json(source, error) from None


def not_json(source: str, error: ValueError) -> LeapError:
    """The error that ``source`` is not a run config in JSON."""
    return LeapError(f"{source}: not JSON ({error}); write a run config, such as `leap preset leap` prints")


def canonical_json(values: Any) -> str:
    """Serialize a value deterministically as JSON: sorted keys, no spaces.

    Raises:
        ValueError: the value contains NaN or infinity.
    """
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
