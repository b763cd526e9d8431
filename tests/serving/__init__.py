"""Tests of the server of exports, without HTTP of its own and under load."""
