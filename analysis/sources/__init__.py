"""One module a source: reading, checking, and nothing else. The only rooms that read input."""
