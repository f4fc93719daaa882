"""Layerbridge's plug-in for GIMP 3: standard library and gi only.

Modules that import nothing from gi (and are tested without GIMP): texts, failures, places, client, session, follow,
parameters, remembered, geometry, start. The others call GIMP or GTK, always from the main thread.
"""
