"""Runs inside a GIMP with its window: selects a disc in the picture that is open."""

from gi.repository import Gimp

SIDE = 90  # pixels


def main():
    image = Gimp.get_images()[0]
    x, y = image.get_width() * 4 // 5 - SIDE // 2, image.get_height() // 4 - SIDE // 2
    image.select_ellipse(Gimp.ChannelOps.REPLACE, x, y, SIDE, SIDE)
    Gimp.displays_flush()
