"""The frozen cases. Add to them freely; what one that stands here gives changes only on purpose (CHANGES.md)."""

from __future__ import annotations

from .case import Case, ellipse, inverted, line, rect

APPLE = (456, 216)  # pixels of the photograph at which a document begins that shows this
SCRATCH = (0, 190)
CUP = (200, 110)
PEEL = ellipse(30, 30, 50, 44, 6)
WORDS = {"prompt": "red apple"}

STARTER = (
    Case("starter inpaint, soft", "inpaint", (128, 128), (PEEL,), WORDS, "starter", at=APPLE),
    Case(
        "starter inpaint, far larger than the model",
        "inpaint",
        (520, 360),
        (ellipse(60, 40, 400, 280),),
        WORDS | {"seed": 5},
        "starter",
    ),
    Case(
        "starter remove, scratch",
        "remove",
        (160, 128),
        (line(20, 100, 120, 40, 5),),
        {"seed": 2},
        "starter",
        at=SCRATCH,
    ),
    Case(
        "starter remove, two passes", "remove", (260, 200), (ellipse(40, 30, 170, 140, 4),), {}, "starter", at=(120, 60)
    ),
    Case("starter remove, full strength", "remove", (128, 128), (PEEL,), {"strength": 1.0}, "starter", at=APPLE),
    Case(
        "starter remove, no fill", "remove", (128, 128), (PEEL,), {"without": ["fill"], "seed": 9}, "starter", at=APPLE
    ),
    Case("starter outpaint, right", "outpaint", (128, 96), (), {"margins": {"right": 32}}, "starter", at=CUP),
    Case(
        "starter outpaint, all sides",
        "outpaint",
        (96, 80),
        (),
        WORDS | {"margins": {"left": 16, "top": 24, "right": 20, "bottom": 9}, "seed": 3},
        "starter",
        at=CUP,
    ),
    Case(
        "starter img2img, selection",
        "img2img",
        (176, 112),
        (ellipse(10, 10, 150, 90, 3),),
        {"prompt": "green apple", "strength": 0.8, "seed": 2},
        "starter",
        at=CUP,
    ),
    Case("starter txt2img", "txt2img", (128, 128), (), {"prompt": "yellow banana", "seed": 3}, "starter"),
    Case("starter txt2img, large", "txt2img", (300, 200), (), {"prompt": "red apple", "seed": 4}, "starter"),
    Case(
        "starter inpaint, 16 bit Display P3",
        "inpaint",
        (128, 128),
        (PEEL,),
        WORDS | {"negative_prompt": "green", "guidance_scale": 4.5},
        "starter",
        at=APPLE,
        dtype="u16",
        channels="rgba",
        profile="Display P3",
    ),
)

KINDS = (
    Case("inpaint, hard", "inpaint", (96, 80), (rect(30, 20, 32, 28),), WORDS),
    Case("inpaint, soft, two pictures", "inpaint", (120, 90), (ellipse(30, 20, 50, 44, 12),), WORDS | {"count": 2}),
    Case("inpaint, weak", "inpaint", (100, 100), (ellipse(25, 25, 50, 50),), WORDS | {"strength": 0.3}, picture="ramp"),
    Case("inpaint without words", "inpaint", (96, 96), (rect(40, 40, 20, 20),), {"prompt": "", "seed": 11}),
    Case("inpaint, blanks for words", "inpaint", (96, 96), (rect(40, 40, 20, 20),), {"prompt": "  \n", "seed": 11}),
    Case("remove, hard", "remove", (96, 96), (rect(40, 40, 20, 20),), {"seed": 11}, picture="stripes"),
    Case("remove, weak", "remove", (96, 96), (rect(40, 40, 20, 20),), {"strength": 0.6}, picture="stripes"),
    Case("outpaint, left", "outpaint", (90, 70), (), WORDS | {"margins": {"left": 25}}),
    Case("outpaint, weak", "outpaint", (90, 70), (), {"margins": {"bottom": 20}, "strength": 0.7}, picture="ramp"),
    Case("outpaint, by one pixel", "outpaint", (64, 64), (), {"margins": {"top": 1}}, picture="noise"),
    Case("img2img, whole document", "img2img", (100, 70), (), WORDS),
    Case("img2img, layer", "img2img", (120, 100), (), WORDS | {"strength": 0.5}, layer=(-10, 20, 90, 60)),
    Case("img2img, selection", "img2img", (120, 100), (ellipse(20, 20, 60, 50, 8),), WORDS | {"seed": 21}),
    Case("img2img, full strength", "img2img", (80, 80), (), WORDS | {"strength": 1.0}, picture="flat"),
    Case("img2img, least strength", "img2img", (80, 80), (), {"strength": 0.01}, picture="noise"),
    Case("txt2img", "txt2img", (64, 64), (), WORDS | {"seed": 2147483647}),
    Case("txt2img, selection", "txt2img", (140, 90), (ellipse(20, 10, 90, 60, 5),), WORDS),
    Case("txt2img, wide", "txt2img", (150, 50), (), {"prompt": "photo of the grass", "seed": 8}),
)

DEPTHS = (
    Case("u8 gray", "inpaint", (90, 80), (rect(30, 20, 30, 28),), WORDS, channels="gray"),
    Case("u8 gray and alpha", "inpaint", (90, 80), (rect(30, 20, 30, 28),), WORDS, channels="graya"),
    Case("u8 RGBA", "inpaint", (90, 80), (ellipse(20, 20, 50, 40, 4),), WORDS, channels="rgba"),
    Case("u16 RGB", "inpaint", (90, 80), (ellipse(20, 20, 50, 40),), WORDS, dtype="u16"),
    Case("u16 gray, outpaint", "outpaint", (80, 64), (), {"margins": {"right": 20}}, dtype="u16", channels="gray"),
    Case("f32 RGB", "inpaint", (90, 80), (ellipse(20, 20, 50, 40, 4),), WORDS, dtype="f32"),
    Case("f32 RGBA, img2img", "img2img", (90, 80), (), WORDS, dtype="f32", channels="rgba"),
    Case("f32 gray and alpha", "remove", (90, 80), (rect(20, 30, 30, 20),), {}, dtype="f32", channels="graya"),
    Case("outpaint beside transparent ground", "outpaint", (90, 64), (), {"margins": {"right": 24}}, channels="rgba"),
)

PROFILES = (
    Case("named Adobe RGB", "inpaint", (90, 80), (PEEL,), WORDS, profile="Adobe RGB (1998)"),
    Case("named ProPhoto, 16 bit", "inpaint", (90, 80), (PEEL,), WORDS, dtype="u16", profile="ProPhoto RGB"),
    Case("named gray", "inpaint", (90, 80), (PEEL,), WORDS, channels="gray", profile="Gray Gamma 2.2"),
    Case("matrix profile", "inpaint", (90, 80), (PEEL,), WORDS, profile="icc:matrix"),
    Case("linear float profile", "img2img", (90, 80), (), WORDS, dtype="f32", profile="icc:linear"),
    Case("profile of tables", "inpaint", (90, 80), (PEEL,), WORDS, dtype="u16", profile="icc:tables"),
    Case("gray profile", "outpaint", (80, 64), (), {"margins": {"top": 16}}, channels="graya", profile="icc:gray"),
    Case("txt2img with a profile", "txt2img", (70, 70), (), WORDS, profile="icc:matrix"),
    Case("refused: profile for inks", "inpaint", (90, 80), (PEEL,), WORDS, profile="icc:cmyk"),
    Case("refused: gray profile, colours", "inpaint", (90, 80), (PEEL,), WORDS, profile="icc:gray"),
    Case("refused: unknown name", "inpaint", (90, 80), (PEEL,), WORDS, profile="Dot Gain 20%"),
)

MASKS = (
    Case("thin", "inpaint", (160, 100), (line(5, 60, 150, 30, 1),), WORDS),
    Case("several parts", "remove", (200, 120), (rect(10, 10, 20, 20), ellipse(140, 60, 30, 30)), {}),
    Case("with a faint speck far away", "inpaint", (160, 120), (PEEL, rect(150, 110, 3, 3, 4)), WORDS),
    Case("all of it faint", "inpaint", (100, 90), (rect(30, 30, 30, 24, 4),), WORDS),
    Case("half selected", "inpaint", (100, 90), (rect(30, 30, 30, 24, 128),), WORDS),
    Case("inverted", "inpaint", (110, 100), inverted(ellipse(30, 30, 50, 40, 6)), WORDS),
    Case("at the corner", "inpaint", (110, 100), (ellipse(-20, -20, 60, 50),), WORDS),
    Case("one pixel", "inpaint", (110, 100), (rect(50, 50, 1, 1),), WORDS),
    Case("everything", "inpaint", (72, 64), (rect(0, 0, 72, 64),), WORDS),
    Case("refused: nothing in the mask", "inpaint", (72, 64), (rect(0, 0, 72, 64, 0),), WORDS),
    Case("less was sent than asked", "inpaint", (160, 130), (ellipse(40, 30, 80, 60),), WORDS, send=(50, 40, 64, 64)),
)

EDGES = (
    Case("kept to the selection", "inpaint", (110, 100), (PEEL,), WORDS | {"keep_to_selection": True}),
    Case("edges given", "inpaint", (140, 120), (PEEL,), WORDS | {"grow": 9, "feather": 3, "padding": 20}),
    Case("no edges", "inpaint", (140, 120), (PEEL,), WORDS | {"grow": 0, "feather": 0, "padding": 0}),
    Case("wide feather", "img2img", (140, 120), (PEEL,), WORDS | {"feather": 30}, picture="noise"),
    Case("without soft masks", "inpaint", (110, 100), (PEEL,), WORDS | {"without": ["soft_mask"]}),
    Case("without matching", "inpaint", (110, 100), (PEEL,), WORDS | {"without": ["color_match", "seam"]}),
    Case(
        "without rests and dither",
        "inpaint",
        (110, 100),
        (PEEL,),
        WORDS | {"without": ["residual", "dither"]},
        dtype="u16",
    ),
    Case("two passes", "inpaint", (200, 150), (ellipse(20, 15, 150, 120, 6),), WORDS),
    Case("enlarged instead of two passes", "inpaint", (260, 200), (rect(40, 30, 180, 140),), {"without": ["refine"]}),
    Case("two passes, img2img", "img2img", (160, 120), (), WORDS | {"strength": 0.3}),
    Case("two passes, outpaint", "outpaint", (120, 90), (), WORDS | {"margins": {"left": 60, "top": 40}}),
)

SAMPLING = (
    *(
        Case(f"sampler {name}", "inpaint", (90, 80), (PEEL,), WORDS | {"sampler": name, "steps": 4})
        for name in ("Euler", "euler a", "Heun", "DPM++ 2M Karras", "DPM++ 2M SDE", "DDIM", "DDPM", "UniPC", "LCM")
    ),
    Case("refused: no such sampler", "inpaint", (90, 80), (PEEL,), WORDS | {"sampler": "Magic"}),
    Case("no guidance", "inpaint", (90, 80), (PEEL,), WORDS | {"guidance_scale": 1.0, "negative_prompt": "blue"}),
    Case("the model's own steps", "txt2img", (64, 64), (), WORDS | {"steps": None, "guidance_scale": 9.5}),
    Case("words in syntax", "txt2img", (64, 64), (), {"prompt": "(red apple:1.3) <lora:thing:0.8>"}),
    Case("too many words", "txt2img", (64, 64), (), {"prompt": "the red apple of the blue cat " * 100}),
)

OTHER_MODELS = (
    Case("plain model, inpaint", "inpaint", (96, 80), (PEEL,), WORDS, "plain"),
    Case("plain model, remove", "remove", (96, 80), (rect(30, 30, 24, 20),), {"strength": 0.6}, "plain"),
    Case("plain model, outpaint", "outpaint", (80, 64), (), WORDS | {"margins": {"left": 24}}, "plain"),
    Case("plain model, two passes", "img2img", (180, 140), (ellipse(20, 20, 140, 100, 9),), WORDS, "plain"),
    Case("velocity model, inpaint", "inpaint", (96, 80), (PEEL,), WORDS, "velocity"),
    Case("velocity model, txt2img", "txt2img", (64, 64), (), WORDS | {"sampler": "DPM++ 2M"}, "velocity"),
    Case("single file, inpaint", "inpaint", (96, 80), (rect(30, 20, 32, 28),), WORDS, "file"),
    Case("refused: no such model", "inpaint", (96, 80), (PEEL,), WORDS, "nowhere"),
)

PLANS = (
    Case("plan: a face in a photograph", "inpaint", (1600, 1200), (rect(600, 300, 300, 200),), WORDS, paint=False),
    Case("plan: a power line", "remove", (1500, 1000), (rect(0, 350, 1500, 12),), {}, "starter", paint=False),
    Case("plan: a large outpaint", "outpaint", (3000, 2000), (), {"margins": {"bottom": 512}}, "starter", paint=False),
    Case("plan: refused without margins", "outpaint", (300, 200), (), {}, paint=False),
)

CASES = (*STARTER, *KINDS, *DEPTHS, *PROFILES, *MASKS, *EDGES, *SAMPLING, *OTHER_MODELS, *PLANS)
