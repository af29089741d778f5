"""Test vectors: JSON files with one failure each, and what writes them."""
