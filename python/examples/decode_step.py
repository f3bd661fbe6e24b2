"""Time of one decode step and of a prefill on a core, by kernel: the README's cycles and tokens a second of projections alone.

    PYTHONPATH=build/python /usr/bin/python3 python/examples/decode_step.py [--plot FILE]

BitNet 2B4T on edge_w2a8 by default; cells begin with `# %%`, so that editors run them one by one.
"""

# %% What to run
import argparse

import lutra

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", default="bitnet_b158_2b4t")
parser.add_argument("--arch", default="edge_w2a8")
parser.add_argument("--context", type=int, default=2048, help="tokens in the KV cache of the decode step")
parser.add_argument("--prefill", type=int, default=128, help="tokens of the prefill")
parser.add_argument("--plot", help="bar chart to write (needs python3-matplotlib)")
options = parser.parse_args()

arch = lutra.ArchConfig(options.arch)
traces = {
    "decode": lutra.trace(options.model, phase="decode", context=options.context),
    "prefill": lutra.trace(options.model, phase="prefill", seq=options.prefill),
}

# %% Compile and simulate: fast mode gives the cycles of the exact one
simulations = {}
for phase, trace in traces.items():
    program = lutra.compile(arch, trace)
    simulations[phase] = lutra.sim(arch, program, mode="fast")
    on_core = int(trace.operators.on_core.sum())
    print(f"{phase}: {len(trace)} operators, {on_core} on the core, {len(program.kernels)} kernels, {len(program)} jobs")

# %% Where the time goes
by_kernel = {}
for phase, simulation in simulations.items():
    jobs = simulation.jobs
    table = jobs.groupby("kernel").agg(runs=("cycles", "size"), cycles=("cycles", "sum"), array_steps=("array_steps", "sum"))
    table["share"] = table.cycles / simulation.cycles
    table["array_busy"] = table.array_steps / table.cycles
    by_kernel[phase] = table.drop(columns="array_steps").sort_values("cycles", ascending=False)
    print(f"\n{phase}: {simulation.cycles / 1e6:.2f} M cycles, {simulation.seconds:.4g} s at {arch['clock_mhz']:g} MHz")
    print(by_kernel[phase].to_string(float_format="{:.3f}".format))
print(f"\n{1 / simulations['decode'].seconds:.2f} tokens/s, projections alone")

# %% A picture
if options.plot:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4))
    for axis, (phase, table) in zip(axes, by_kernel.items()):
        axis.barh(table.index[::-1], table.cycles[::-1] / 1e6)
        axis.set_xlabel("million cycles")
        axis.set_title(f"{traces[phase].model}, {phase} on {arch['name']}")
    figure.tight_layout()
    figure.savefig(options.plot)
