"""From estimates to rows and series, one module a chapter: what a notebook publishes."""
