"""A figure's SVG as part of a page of HTML: nothing fetched, nothing run, and no name in it that another figure of the page has too."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

UNWANTED = {"metadata", "script", "foreignObject", "style"}  # style: matplotlib's one rule goes for the whole page and stands in the template
REFERENCE = re.compile(r"url\(\s*['\"]?([^'\")]*)['\"]?\s*\)")
FONT = "font-family: 'DejaVu Sans'"
FONTS = f"{FONT}, Verdana, sans-serif"  # Verdana has nearly the same widths, where DejaVu is not installed
POINT = 4 / 3  # CSS pixels


class Drawing(NamedTuple):
    """An SVG element for a page, and how wide it is (CSS pixels)."""

    svg: str
    width: int


def inline(svg: str | bytes, name: str, labelled_by: str) -> Drawing:
    """Return an SVG document as an element for a page.

    Args:
        svg: the document, as matplotlib writes it.
        name: begins every id in it; unique on the page.
        labelled_by: id of the caption, which is what a screen reader says instead of the picture.

    Raises:
        ValueError: it is no SVG document.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    if local(root.tag) != "svg" or "viewBox" not in root.attrib:
        raise ValueError("it has no svg element with a viewBox")
    width = float(root.get("viewBox", "").split()[2]) * POINT
    clean(root, f"{name}-")
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"role": "img", "aria-labelledby": labelled_by}
    return Drawing(ElementTree.tostring(root, encoding="unicode").strip(), round(width))


def clean(element: ElementTree.Element, prefix: str) -> None:
    """Take out of an element, and all within it, what would act, fetch, or clash with another figure."""
    element.tag = local(element.tag)
    given = {local(key): value for key, value in element.attrib.items()}
    element.attrib.clear()
    for key, value in given.items():
        if key.startswith("on"):
            continue
        if key == "id":
            value = prefix + value
        elif key == "href":
            if not value.startswith(("#", "data:image/")):
                continue
            value = f"#{prefix}{value[1:]}" if value.startswith("#") else value
        element.set(key, REFERENCE.sub(lambda found: own_reference(found[1], prefix), value).replace(FONT, FONTS))
    for child in list(element):
        if not isinstance(child.tag, str) or local(child.tag) in UNWANTED:
            element.remove(child)
        else:
            clean(child, prefix)


def own_reference(target: str, prefix: str) -> str:
    """Return a reference to a part of the same figure; to nothing, where it went elsewhere."""
    return f"url(#{prefix}{target[1:]})" if target.startswith("#") else "none"


def local(name: str) -> str:
    """Return a name without its namespace, of which a page of HTML needs none."""
    return name.rpartition("}")[2]
