"""The day the real files arrive, tried before it comes: stand-in files, the final edition, and checks.

The stand-ins share no code with the twins and none with the readers: what both got wrong would not show.
"""
