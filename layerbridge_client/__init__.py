"""Talking to Layerbridge's daemon from Python 3.9 or newer, with nothing but the standard library.

`layerbridge plugin install gimp` copies this folder into GIMP's plug-in; the command line imports it.
Blocking throughout: a program with windows calls it from a thread.
"""
