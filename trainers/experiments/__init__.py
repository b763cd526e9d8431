"""Studies that compare runs, or train an instrument: on the same engine, and no part of the zoo."""
