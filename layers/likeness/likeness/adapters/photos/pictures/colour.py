"""Convert any decoded picture to 8-bit sRGB without transparency."""

import io

from PIL import Image, ImageCms, ImageMath

# A CMYK press profile has 1 to 3 MB. Larger ones are not needed, and lcms would parse them.
MAX_PROFILE_BYTES = 4 * 2**20

_SRGB = ImageCms.createProfile("sRGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert with the picture's ICC profile, relative colorimetric.

    A profile that is broken, too large or for another colour mode is ignored, as browsers do:
    the photo is then read as sRGB.
    """
    if profile and len(profile) <= MAX_PROFILE_BYTES:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                _SRGB,
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")  # which would copy


def opaque(image: Image.Image) -> Image.Image:
    """Return the picture over white, as L, RGB or CMYK: the modes that ICC profiles cover."""
    if image.mode.startswith("I;16"):
        return _eight_bits(image)
    if image.has_transparency_data:
        grey = image.mode in {"L", "LA", "La"}
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        white.alpha_composite(seen)
        return white.convert("L" if grey else "RGB")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey, in which one value may be transparent: converting would cut it off."""
    grey = image.point(lambda value: value / 256).convert("L")
    clear = grey.info.pop("transparency", None)
    if clear is not None:
        is_clear = ImageMath.lambda_eval(
            lambda bands: bands["convert"]((bands["image"] == clear) * 255, "L"),
            image=image.convert("I"),
        )
        grey.paste(255, mask=is_clear)
    return grey
