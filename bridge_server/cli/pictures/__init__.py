"""Picture files in, picture files out: what `generate` reads, and the flattened picture and layer it writes.

Files of a kind are read and written by a module of that kind; each imports its library when it is called.
"""
