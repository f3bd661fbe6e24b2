"""Decode speed over array width and memory bandwidth: why edge_w2a8, the README's core, has 16 columns.

    PYTHONPATH=build/python /usr/bin/python3 python/examples/design_space.py [--plot FILE]

A core is wide enough where more columns no longer help: from there on the memory decides. Every point is a compiled program on the
cycle-accurate model in fast mode.
"""

# %% What to vary
import argparse

import pandas

import lutra

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", default="bitnet_b158_2b4t")
parser.add_argument("--arch", default="edge_w2a8")
parser.add_argument("--context", type=int, default=2048)
parser.add_argument("--columns", type=int, nargs="+", default=[4, 8, 16, 32])
parser.add_argument("--bandwidths", type=float, nargs="+", default=[1.6, 3.2, 6.4], help="GB/s")
parser.add_argument("--plot", help="line chart to write (needs python3-matplotlib)")
options = parser.parse_args()
base = lutra.ArchConfig(options.arch)
trace = lutra.trace(options.model, phase="decode", context=options.context)

# %% Run every point; what a machine cannot be is said and left out
rows = []
for bandwidth in options.bandwidths:
    for columns in options.columns:
        try:
            arch = base.replace({"array.columns": columns, "memory.bandwidth_gb_s": bandwidth})
            simulation = lutra.sim(arch, lutra.compile(arch, trace), mode="fast")
        except lutra.Error as error:
            print(f"{columns} columns, {bandwidth:g} GB/s: {error}")
            continue
        rows.append({"columns": columns, "bandwidth_gb_s": bandwidth, "tokens_per_s": 1 / simulation.seconds})
points = pandas.DataFrame(rows, columns=["columns", "bandwidth_gb_s", "tokens_per_s"])
table = points.pivot(index="columns", columns="bandwidth_gb_s", values="tokens_per_s")
print(f"tokens/s, projections alone, {trace.model} on {base['name']} at {base['clock_mhz']:g} MHz; columns: GB/s")
print(table.to_string(float_format="{:.3f}".format))

# %% A picture
if options.plot:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 4))
    table.plot(ax=axis, marker="o", logx=True, xticks=list(table.index))
    axis.set_xticklabels(list(table.index))
    axis.set_xlabel("columns of the array")
    axis.set_ylabel("tokens/s, projections alone")
    axis.legend(title="GB/s")
    figure.tight_layout()
    figure.savefig(options.plot)
