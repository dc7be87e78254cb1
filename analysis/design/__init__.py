"""The study's design as data: frozen dataclasses read from ``data/design/*.toml``.

No number of the study lives in code. One module a file: each names its dataclasses and reads them with
:mod:`analysis.design.read`.
"""
