"""What the designs for measuring from now on are about, in words; for rows and for chapters."""

from __future__ import annotations

SECTION = "meten"
LETTERS, POPULATION = "letter_facts", "cbs_population_2024"
# What there is of a unit: how it is named, how a table says that in short, and the facts it is counted from.
AVAILABLE = {
    "waiting_provinces": (
        "provincies waar het netwerk volgens brief A nog niet is versterkt",
        "netwerk nog niet versterkt",
        f"{LETTERS}; {POPULATION}",
    ),
    "provinces": ("alle provincies", "alle", POPULATION),
    "waiting_municipalities": (
        "gemeenten in de provincies waar het netwerk volgens brief A nog niet is versterkt",
        "netwerk nog niet versterkt",
        f"{LETTERS}; {POPULATION}",
    ),
    "municipalities": ("alle gemeenten", "alle", POPULATION),
    "applications": ("behandelde aanvragen in de eerste twee rondes", "in twee rondes", LETTERS),
    "pilot_districts": ("wijken van de pilot", "in de pilot", LETTERS),
}
