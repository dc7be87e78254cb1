"""Disclosure control: suppress, then round, then derive. Result rows here, cells of tables in ``cells``."""

from analysis.disclosure.rows import Disclosed, Withheld, disclose, summary, withheld

__all__ = ["Disclosed", "Withheld", "disclose", "summary", "withheld"]
