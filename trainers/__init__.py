"""Programs: one per variant, run as `python -m trainers.<variant>`."""
