"""Runs inside a GIMP with its window: selects a disc in the picture that is open."""

from gi.repository import Gimp


def main():
    image = Gimp.get_images()[0]
    width, height = image.get_width(), image.get_height()
    side = min(width, height) // 3
    image.select_ellipse(Gimp.ChannelOps.REPLACE, width // 2 - side // 2, height // 2 - side // 2, side, side)
    Gimp.displays_flush()
