"""Models that have, or bound, a likelihood, and no adversary."""
