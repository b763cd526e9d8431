"""The gallery: a page on which the exported generators run in the browser."""
