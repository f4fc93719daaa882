"""How exact cut-outs are: subjects laid over photographs, so that the alpha of every pixel is known."""
