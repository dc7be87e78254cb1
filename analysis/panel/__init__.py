"""Tidy frames ready for estimation; composition and attrition are counted, never silent."""
