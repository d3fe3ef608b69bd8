"""What can be reached on foot from each building, along the walk network (the model «reach»)."""

from dataclasses import replace

from twin.api import MODELS, N_, City, Job, Layer, Parameter, layer_of, settled

TITLE = N_("Reach on foot")
GROUP = N_("People")
ON_REQUEST = True
WHAT = (
    N_("Residents within 800 m on foot"), N_("Jobs within 800 m on foot"), N_("Schools within 800 m on foot"),
    N_("Way to the nearest school"), N_("Way to the nearest stop"), N_("Way to the nearest green area"),
)  # fmt: skip
PARAMETERS = (Parameter("what", N_("What is reached"), "", WHAT[0], N_("the model of reach"), choices=WHAT),)


def make(city: City, values: dict[str, str], job: Job) -> Layer | None:
    """Return the layer, None without buildings or walk network."""
    if not len(city.buildings) or not len(city.paths):
        return None
    model = MODELS["reach"]
    answer = model.run(city, settled(model, {}), {}, None, None, job)
    field = next((one for one in answer.fields if one.name == values["what"]), None)
    if field is None:
        return None
    own = replace(field, source=city.buildings["source_id"].iloc[0])
    return layer_of("walk_reach", TITLE, own, scale_name="viridis")
