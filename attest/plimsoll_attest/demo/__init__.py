"""The demo: one company's story on real evaluation logs, and its verification by a separate program.

``script`` holds what a step is, ``story`` the steps, ``play`` runs them in-process under a story clock, and
``endings`` makes the three copies in which something goes wrong.
"""
