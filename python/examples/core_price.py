"""Area and power of a core by block: the README's area and clock, with the power of assumed activity.

    PYTHONPATH=build/python /usr/bin/python3 python/examples/core_price.py [--plot FILE]

edge_w2a8 in OSU 0.18 um by default, which synthesises for minutes the first time and is cached from then on. `lutra run` counts activity
on the netlist instead of assuming 0.2 toggles a net and cycle, so its power differs; area and clock are the same.
"""

# %% What to price
import argparse

import lutra

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--arch", default="edge_w2a8")
parser.add_argument("--liberty", nargs="+", default=[], help="Liberty files; default: OSU 0.18 um")
parser.add_argument("--plot", help="bar chart to write (needs python3-matplotlib)")
options = parser.parse_args()

# %% Generate, synthesise, time, price
price = lutra.ppa(lutra.ArchConfig(options.arch), liberty=options.liberty)
print(f"{price.area_um2 / 1e6:.3f} mm2, {price.cells} cells in {price.library}, layout none")
print(f"{price.clock_mhz:g} MHz {'met' if price.timing_met else 'MISSED'}, best clock {price.best_clock_mhz:.1f} MHz")
print(f"{price.power_mw:.1f} mW, {price.energy_pj_per_cycle:.0f} pJ a cycle at assumed activity")

# %% By block: the instances right below the top
tree = price.tree
blocks = tree[tree.path.str.count("/") == 1].copy()
blocks["block"] = blocks.path.str.split("/").str[-1].str.replace("^u_", "", regex=True)
blocks["power_mw"] = blocks.internal_mw + blocks.switching_mw + blocks.leakage_mw
blocks["share"] = blocks.area_um2 / tree.area_um2.iloc[0]
blocks = blocks.set_index("block")[["area_um2", "share", "cells", "power_mw"]].sort_values("area_um2", ascending=False)
print(blocks.to_string(float_format="{:.3f}".format))

# %% A picture
if options.plot:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4), sharey=True)
    for axis, column, unit in zip(axes, ("area_um2", "power_mw"), ("um2", "mW")):
        axis.barh(blocks.index[::-1], blocks[column][::-1])
        axis.set_xlabel(unit)
    axes[0].set_title(f"{options.arch} in {price.library}")
    figure.tight_layout()
    figure.savefig(options.plot)
