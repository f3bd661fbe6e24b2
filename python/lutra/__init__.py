"""lutra in Python: configurations, traces, programs, simulation, price, and results as NumPy arrays and pandas frames (docs/python.md)."""

from lutra._lutra import (
    ArchConfig,
    Error,
    Ppa,
    Program,
    Simulation,
    Trace,
    __version__,
    compile,
    models,
    ppa,
    read_program,
    read_trace,
    schema,
    sim,
    trace,
)
from lutra.results import Run, Sweep, read_run, read_sweep

__all__ = [
    "ArchConfig",
    "Error",
    "Ppa",
    "Program",
    "Run",
    "Simulation",
    "Sweep",
    "Trace",
    "__version__",
    "compile",
    "models",
    "ppa",
    "read_program",
    "read_run",
    "read_sweep",
    "read_trace",
    "schema",
    "sim",
    "trace",
]
