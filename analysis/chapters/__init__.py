"""From released rows to tables, captions and figures: one module a chapter, each with ``exhibits``.

The same function serves the notebook, which shows what comes out, and the release, which writes it. Which
module draws which notebook stands in :mod:`analysis.chapters.of_notebook`.
"""
