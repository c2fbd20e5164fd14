"""What a reader sees of an element, in numbers."""

from __future__ import annotations

from playwright.sync_api import Locator

# Relative luminance and contrast, as WCAG 2.2 defines them. The background is the nearest one that is not transparent,
# also of an element outside of the shadow root.
_CONTRAST = """(one) => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = parse(colour).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let behind = one;
  let colour = getComputedStyle(behind).backgroundColor;
  while (parse(colour)[3] === 0) {
    behind = behind.parentElement ?? behind.getRootNode().host;
    colour = getComputedStyle(behind).backgroundColor;
  }
  const both = [luminance(getComputedStyle(one).color), luminance(colour)];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""


def contrast_of(element: Locator) -> float:
    """The contrast of the text of an element with what is behind it."""
    return float(element.evaluate(_CONTRAST))
