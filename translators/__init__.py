"""Documents to canonical and back, and the answers. Values in, values out."""
