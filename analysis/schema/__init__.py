"""Contracts of every table that is read; an unknown category raises."""
