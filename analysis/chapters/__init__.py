"""From released rows and series to the exhibits of a chapter, a module each."""
