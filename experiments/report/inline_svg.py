"""Embed a figure's SVG in an HTML page.

The embedded SVG loads and executes nothing, and its ids are unique on the page.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

# matplotlib's one style rule would apply to the whole page; the template contains it.
UNWANTED_SVG_TAGS = {"metadata", "script", "foreignObject", "style"}
SVG_REFERENCE = re.compile(r"url\(\s*['\"]?([^'\")]*)['\"]?\s*\)")
SVG_FONT = "font-family: 'DejaVu Sans'"
# Verdana has nearly the same widths as DejaVu Sans, which is not installed everywhere.
SVG_FONT_WITH_FALLBACK = f"{SVG_FONT}, Verdana, sans-serif"
PIXELS_PER_POINT = 4 / 3  # CSS pixels


class InlineSvg(NamedTuple):
    """An SVG element for a page and its width (CSS pixels)."""

    svg: str
    width: int


def convert_to_inline_svg(svg: str | bytes, name: str, labelled_by: str) -> InlineSvg:
    """Return an SVG document as an element for a page.

    Args:
        svg: the document, as matplotlib writes it.
        name: prefix of every id in it; unique on the page.
        labelled_by: id of the caption, which a screen reader reads for the figure.

    Returns:
        The element and its width.

    Raises:
        ValueError: the document is not SVG.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    if strip_xml_namespace(root.tag) != "svg" or "viewBox" not in root.attrib:
        raise ValueError("it has no svg element with a viewBox")
    width = float(root.get("viewBox", "").split()[2]) * PIXELS_PER_POINT
    clean_svg_element(root, f"{name}-")
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"role": "img", "aria-labelledby": labelled_by}
    return InlineSvg(ElementTree.tostring(root, encoding="unicode").strip(), round(width))


def clean_svg_element(element: ElementTree.Element, prefix: str) -> None:
    """Remove scripts and external references from an element and its children; prefix its ids."""
    element.tag = strip_xml_namespace(element.tag)
    attributes = {strip_xml_namespace(key): value for key, value in element.attrib.items()}
    element.attrib.clear()
    for key, value in attributes.items():
        if key.startswith("on"):
            continue
        if key == "id":
            value = prefix + value
        elif key == "href":
            if not value.startswith(("#", "data:image/")):
                continue
            value = f"#{prefix}{value[1:]}" if value.startswith("#") else value
        element.set(
            key,
            SVG_REFERENCE.sub(lambda match: rewrite_svg_reference(match[1], prefix), value).replace(
                SVG_FONT, SVG_FONT_WITH_FALLBACK
            ),
        )
    for child in list(element):
        if not isinstance(child.tag, str) or strip_xml_namespace(child.tag) in UNWANTED_SVG_TAGS:
            element.remove(child)
        else:
            clean_svg_element(child, prefix)


def rewrite_svg_reference(target: str, prefix: str) -> str:
    """Return a reference within the figure; ``none`` for an external reference."""
    return f"url(#{prefix}{target[1:]})" if target.startswith("#") else "none"


def strip_xml_namespace(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition("}")[2]
