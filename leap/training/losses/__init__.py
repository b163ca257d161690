"""Losses: one module per system, and one for L_avss."""

from leap.training.losses.base import BasicLoss, Losses
from leap.training.losses.cmpae import CmpaeLoss
from leap.training.losses.han import HanLoss
from leap.training.losses.jomold import JomoldLoss
from leap.training.losses.leap import LeapLoss
from leap.training.losses.similarity import AVSS
from leap.training.losses.uwav import UwavLoss
from leap.training.losses.valor import ValorLoss

__all__ = [
    "AVSS",
    "BasicLoss",
    "CmpaeLoss",
    "HanLoss",
    "JomoldLoss",
    "LeapLoss",
    "Losses",
    "UwavLoss",
    "ValorLoss",
]
