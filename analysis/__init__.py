"""Impact analysis of the Dutch programme for a strong democratic community.

Data enter through :mod:`analysis.sources`, are estimated by pure functions, leave as
:class:`analysis.results.Result` rows, and only those rows reach the report.
"""

__version__ = "0.1.0"
