"""Names and units that the walk model's parts share, without loading its kernels."""

TABLES = ("paths", "buildings", "places", "cover")
"""What is read of a City."""
KINDS = ("school", "stop", "green")
"""Kinds of things that are reached, in the order of their numbers."""
MILLI = 1000.0
"""People and jobs are summed as whole thousandths, so that sums do not depend on the order of adding."""
