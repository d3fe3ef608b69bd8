"""A researcher's script: open a project, run models, read results as tables and arrays, write a layer back.

Usage: python docs/examples/research.py PROJECT.twin
A copy of the demo will do: cp -r data/demo.twin my.twin; chmod -R u+w my.twin. With the word demo itself nothing is
written back. In Jupyter write the project's name below and run the cells.
"""

# %% open a project
import sys

from twin.api import TwinError, as_array, as_frame, load_state, run_models, write_layer

project = ""  # in Jupyter: the project's name here
USAGE = "Usage: python docs/examples/research.py PROJECT.twin"
if "__file__" in globals():  # a script takes it from the command line, and nothing else
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(USAGE)
    project = sys.argv[1]
try:
    state = load_state(project or sys.exit(USAGE))
except TwinError as error:
    sys.exit(f"{error}\n{USAGE}")
city = state.city
print(f"{city.name}: {len(city.buildings)} buildings, {len(city.zones)} zones, scenarios: {len(state.scenarios)}")

# %% run a model; what was answered before is not run again
answer = run_models(project, models=["reach"])
reach = answer.results["reach"]
for one in reach.indicators[:3]:
    print(one.id, round(one.value, 1), one.unit)

# %% a result as a GeoDataFrame …
field = reach.field("Residents within 800 m on foot")
table = as_frame(field, city)
print(table["value"].describe().round(0).to_string())

# %% … and as an xarray (if it is installed)
try:
    print(as_array(field).mean().item())
except Exception as error:  # xarray is optional
    print(error)

# %% something of one's own: the mean per zone, written back as a layer of the project
points = table.set_geometry(table.geometry.centroid)
joined = points.sjoin(city.zones[["id", "code", "geometry"]], predicate="within", lsuffix="house", rsuffix="zone")
mean = joined.groupby("code", as_index=False)["value"].mean().rename(columns={"value": "reached"})
if project == "demo":
    print("The demo itself is never written to; name a copy of it to write the layer back.")
else:
    taken = write_layer(
        project,
        mean,
        "Residents reached on foot, mean of the zone",
        {"unit": "persons", "owner": "Me", "licence": "CC-BY-4.0", "classification": "open"},
        {"show": "zones", "key": "code", "to": "code", "value": "reached"},
    )
    print(f"{taken.layer.id}: {taken.layer.rows} zones, codes without a partner: {len(taken.unmatched)}")
