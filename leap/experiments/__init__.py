"""Studies: run records, grids of runs, comparisons, tables and figures."""
