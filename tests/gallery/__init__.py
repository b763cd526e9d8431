"""Tests of the gallery: its server, and its page in a browser."""
