"""Terms of segregation and exposure in plain words, neutral and the same in both languages."""

from __future__ import annotations

from twin.text import N_

TERMS: tuple[tuple[str, str], ...] = (
    (N_("Segregation"), N_("How unevenly groups are spread over an area; a description, no judgement.")),
    (N_("Dissimilarity D"), N_(
        "The share of a group that would have to live in another zone to be spread as all others are; 0 alike, 1 apart."
    )),
    (N_("Isolation, exposure"), N_(
        "The share of one's own group, and of others, where members of a group live; both depend on how large it is."
    )),
    (N_("Theil's H, mutual information M"), N_(
        "How much less mixed the zones are than the city, for several groups; M says how much a zone tells of people."
    )),
    (N_("Location quotient"), N_("A group's share in a zone over its share in the city; 1 is the same.")),
    (N_("Mix (normalised entropy)"), N_("0 where there is one group, 1 where all are as many.")),
    (N_("Nearest k persons"), N_("A neighbourhood of one's own: by the number of people around one, not by borders.")),
    (N_("H(r)"), N_("Theil's H of what lies within r metres of each home: which scale the pattern has.")),
    (N_("Barrier effect"), N_(
        "H on foot less H in a straight line; above 0 without any barrier too, so compare before and after."
    )),
    (N_("Co-presence potential"), N_(
        "Which groups can reach a public place on foot; not who comes, when, or whether people meet."
    )),
    (N_("Chance"), N_("What dealing the same people over the same homes by lot would give in 95 of 100 draws.")),
    (N_("Concentration index"), N_(
        "How much a burden falls on the upper groups of an order such as income; −1 to 1, 0 is alike."
    )),
    (N_("Gap"), N_("The mean of a group less the mean of all others, with a range over the zones there happen to be.")),
    (N_("Withheld"), N_("Not shown, for it rests on too few persons or would give such a value away; hatched or «–».")),
)  # fmt: skip
"""(term, what it means here), English of the catalogue, in the order to be read."""
