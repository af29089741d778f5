"""The log: tree, tiles, store, sequencer, publication. Imports keys, and knows no policy."""
