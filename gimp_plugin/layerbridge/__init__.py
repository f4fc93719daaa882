"""Layerbridge's plug-in for GIMP 3: the standard library, gi, and layerbridge_client, which lies in it once installed.

Modules that import nothing from gi (and are tested without GIMP): texts, failures, session, follow, parameters,
remembered, geometry, start. The others call GIMP or GTK, always from the main thread.
"""
