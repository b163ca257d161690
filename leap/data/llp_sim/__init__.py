"""LLP-Sim: a simulation with LLP's shapes, for studies of scale, cost and controlled noise.

Nothing measured on it is a result on LLP.
"""

from leap.data.llp_sim.build import background, simulate_labels, simulate_llp

__all__ = ["background", "simulate_labels", "simulate_llp"]
