"""What defines a run: frozen dataclasses that refuse unknown keys and wrong types.

Everything a run's numbers depend on is here or in the data, so that the canonical JSON of a
config names the run.
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from leap.errors import LeapError
from leap.inference.decode import Protocol
from leap.io.strict_json import parse_json

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Inputs = tuple[Literal["audio", "clap"], Literal["visual_2d", "clip"]]
DenoisingWarmup = Literal["step", "ramp"]
Variant = Literal["paper", "release", "release-scores", "release-union", "calibrated"]
Precision = Literal["float32", "bfloat16"]


def added(default: Any, **limits: Any) -> Any:
    """A field that is left out of the plain values at its default, so that the keys of older runs stay."""
    return Field(default=default, exclude_if=lambda value: value == default, **limits)


@dataclass(frozen=True, config=STRICT)
class EncoderConfig:
    """An audio-visual encoder.

    Attributes:
        name: key of ``leap.models.parser.ENCODERS``.
        layers: number of chained layers, in MM-Pyr of levels.
        heads: attention heads.
    """

    name: str = "han"
    layers: int = Field(default=1, ge=1)
    heads: int = Field(default=1, ge=1)


@dataclass(frozen=True, config=STRICT)
class DecoderConfig:
    """An event decoder.

    Attributes:
        name: key of ``leap.models.parser.DECODERS``.
        blocks: LEAP's N cross-attention blocks; for MMIL, self-attention blocks put before it.
        heads: attention heads of those blocks.
        variant: which reading of LEAP's segment score and video union; the others have only ``"paper"``.
    """

    name: str = "leap"
    blocks: int = Field(default=2, ge=0)
    heads: int = Field(default=1, ge=1)
    variant: Variant = "paper"


@dataclass(frozen=True, config=STRICT)
class ModelConfig:
    """A parser: front end, encoder, decoder and the label embeddings it starts from.

    Attributes:
        encoder: the encoder.
        decoder: the decoder.
        width: feature width ``d``.
        ffn: hidden width of the feed-forward layers.
        dropout: dropout on sublayers and in the feed-forward layers, rounded to a multiple of 1/256.
        labels: label embeddings: ``"orthogonal"`` (random), ``"learned"`` (trained from these), ``"ngrams"``
            (of the names' letters), ``"alike"`` (almost equal), ``"dataset"`` (packed with the data), or a
            file of them.
        inputs: stored features that the audio and the frame stream read; VALOR++'s are
            ``("clap", "clip")``.
        elu: an ELU after every linear layer of the front end (CMPAE).
        global_branch: judge the whole video from the front end's streams (CMPAE).
        visual_dropout: dropout on the encoded visual stream (JoMoLD, CMPAE).
        cross_share: in eval mode, weight of HAN's pass with cross-modal attention; the rest is a pass without
            (CMPAE).
        precision: of matrix products; weights, norms and losses are float32 either way.
    """

    encoder: EncoderConfig = EncoderConfig()
    decoder: DecoderConfig = DecoderConfig()
    width: int = Field(default=64, ge=1)
    ffn: int = Field(default=128, ge=1)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    labels: str = "orthogonal"
    inputs: Inputs = added(("audio", "visual_2d"))
    elu: bool = added(False)
    global_branch: bool = added(False)
    visual_dropout: float = added(0.0, ge=0, lt=1)
    cross_share: float = added(1.0, ge=0, le=1)
    precision: Precision = added("float32")


@dataclass(frozen=True, config=STRICT)
class LossConfig:
    """L = L_basic + λ·L_avss.

    Attributes:
        weight_avss: λ; 0 leaves L_avss out.
        avss: which reading of the EIoU target and the similarity.
        basic: whose L_basic: LEAP's, or another system's losses in its place.
        denoise: remove weak labels that a modality does not bear out; for ``basic="cmpae"``.
        warmup: how denoising begins: without it for an epoch, as CMPAE does, or rising, as it means to.
        confident: weigh the segment pairs of L_avss by how well the parser agrees with their pseudo labels
            (not in the paper).
    """

    weight_avss: float = Field(default=0.0, ge=0)
    avss: Literal["paper", "release"] = "paper"
    basic: Literal["leap", "han", "valor", "jomold", "cmpae"] = added("leap")
    denoise: bool = added(False)
    warmup: DenoisingWarmup = added("step")
    confident: bool = added(False)

    @model_validator(mode="after")
    def _denoised_labels_are_read(self) -> Self:
        if self.denoise and self.basic != "cmpae":
            raise ValueError('denoise belongs to basic="cmpae"')
        if self.confident and self.avss != "paper":
            raise ValueError('confident belongs to avss="paper"')
        return self


@dataclass(frozen=True, config=STRICT)
class ScheduleConfig:
    """How the learning rate changes.

    Attributes:
        name: ``"cosine"``: linear warm-up by steps, then half a cosine to 0; ``"drops"``: a factor every so
            many epochs (HAN, MM-Pyr, CMPAE, LEAP); ``"epochs"``: a rise from 0, then half a cosine, both by
            epochs (VALOR).
        period: drops: epochs between them; epochs: those of the rise.
        factor: drops: what each multiplies by; epochs: the last rate over the largest.
    """

    name: Literal["cosine", "drops", "epochs"] = "cosine"
    period: int = Field(default=10, ge=1)
    factor: float = Field(default=0.1, gt=0, le=1)


@dataclass(frozen=True, config=STRICT)
class TrainConfig:
    """The optimisation; the best epoch on val is kept.

    Attributes:
        epochs: passes over the training videos.
        batch: videos a step.
        lr: peak learning rate.
        warmup: steps of linear warm-up of the cosine schedule.
        weight_decay: AdamW's decoupled weight decay, or Adam's.
        clip: largest gradient norm; None to leave gradients as they are.
        videos: train on the first so many videos only; None for all.
        optimizer: AdamW or Adam.
        betas: their decay rates of the gradient's moments.
        schedule: how the learning rate changes.
        selection: the val score that the best epoch is chosen by, or the mean of all ten.
        ties: which of equally good epochs is kept.
    """

    epochs: int = Field(default=12, ge=1)
    batch: int = Field(default=32, ge=1)
    lr: float = Field(default=3e-3, gt=0)
    warmup: int = Field(default=50, ge=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    clip: float | None = Field(default=1.0, gt=0)
    videos: int | None = Field(default=None, ge=1)
    optimizer: Literal["adamw", "adam"] = added("adamw")
    betas: tuple[float, float] = added((0.9, 0.999))
    schedule: ScheduleConfig = added(ScheduleConfig())
    selection: Literal["seg_type", "evt_a", "mean"] = added("seg_type")
    ties: Literal["later", "earlier"] = added("later")


@dataclass(frozen=True, config=STRICT)
class NoiseConfig:
    """Errors put into the pseudo labels that a run is trained on, within the weak labels.

    Attributes:
        misses: probability that a marked segment loses its mark.
        false_alarms: probability that an unmarked segment of a class of the weak label gets one.
        of: who learns from them: all losses, L_basic alone or L_avss alone.
    """

    misses: float = Field(default=0.0, ge=0, le=1)
    false_alarms: float = Field(default=0.0, ge=0, le=1)
    of: Literal["all", "basic", "avss"] = "all"


@dataclass(frozen=True, config=STRICT)
class RunConfig:
    """One run: what is trained, on what, how, and what it is scored on.

    Attributes:
        dataset: data set name; its records are never mixed with another's.
        model: the parser.
        loss: the losses.
        train: the optimisation.
        protocol: decoding protocol, on val and on ``split``.
        seed: seed of initial values, batch order and dropout.
        split: split that the record's scores are of.
        thresholds_on_val: after training, choose the protocol's visual thresholds by class on val (CMPAE).
        noise: errors put into the pseudo labels of training.
    """

    dataset: str = "av-digits"
    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    train: TrainConfig = TrainConfig()
    protocol: Protocol = Protocol()
    seed: int = Field(default=0, ge=0, lt=2**31)
    split: Literal["val", "test"] = "test"
    thresholds_on_val: bool = added(False)
    noise: NoiseConfig = added(NoiseConfig())

    @model_validator(mode="after")
    def _thresholds_have_a_gate(self) -> Self:
        if self.thresholds_on_val and self.protocol.gate != "modality":
            raise ValueError('thresholds_on_val belongs to a protocol with gate="modality"')
        return self


_ADAPTER = TypeAdapter(RunConfig)


def to_dict(config: RunConfig) -> dict[str, Any]:
    """The config as plain JSON values."""
    return _ADAPTER.dump_python(config, mode="json")


def from_dict(values: dict[str, Any], source: str = "config") -> RunConfig:
    """Build a config from plain values; ``source`` names them in messages.

    Raises:
        LeapError: for an unknown key, a wrong type or a value out of range.
    """
    try:
        return _ADAPTER.validate_json(json.dumps(values))
    except ValidationError as error:
        problem = first_problem(error)
        raise LeapError(f"{source}: {problem}; see leap.config.RunConfig for the keys") from None


def first_problem(error: ValidationError) -> str:
    """Where the first thing is that a model refuses, and what is wrong with it."""
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'top level'}: {first['msg']}"


def read_config(path: str | Path) -> RunConfig:
    """Read a run config from a JSON file, or from standard input for ``-``.

    Raises:
        LeapError: if the file is missing, is not JSON or does not describe a run.
    """
    piped = str(path) == "-"
    source = "standard input" if piped else str(path)
    try:
        values = parse_json(sys.stdin.read() if piped else Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise LeapError(f"{source}: cannot be read ({error.strerror}); give a run config") from None
    except ValueError as error:
        raise LeapError(f"{source}: not JSON ({error}); write a run config as JSON") from None
    return from_dict(values, source)


def canonical_json(values: Any) -> str:
    """One text for one value: sorted keys, no spaces."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
