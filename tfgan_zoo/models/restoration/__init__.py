"""Pictures made whole: what is missing, too small or hidden in them is drawn."""
