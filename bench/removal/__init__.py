"""How well a hole in a photograph is filled by example, beside other methods: see docs/fill-by-example.md."""
