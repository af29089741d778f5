"""The families of vectors: each module states inputs and, by hand from SPEC, what they must give."""
