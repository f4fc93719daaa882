"""`python -m bridge_server`: the same as the command `layerbridge`."""

from .cli.entry import main

if __name__ == "__main__":
    raise SystemExit(main())
