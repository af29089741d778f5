"""Policies as data: their words, their model, and the parser that turns a document into it (SPEC 7)."""
