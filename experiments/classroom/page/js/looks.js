// Colours and shapes. Every domain of expertise has both, so that neither is needed alone.
// All reach a contrast of 3:1 on white.

export const COLOURS = [
  "#1f66b0",
  "#c04b1c",
  "#2b8050",
  "#8347ad",
  "#96700a",
  "#0b7f8c",
  "#bd3468",
  "#5a6775",
  "#5f7d06",
  "#7d4a2a",
  "#4453cf",
  "#a81f1f",
  "#10746a",
  "#9b3fa0",
  "#736200",
  "#33618c",
];
const CIRCLE = { corners: 0, size: 1 };
export const DIAMOND = { corners: 4, size: 1.12 };
const SHAPES = [
  CIRCLE,
  DIAMOND,
  { corners: 3, size: 1.3 },
  { corners: 4, size: 1.12, turned: true },
  { corners: 5, size: 1.08 },
  { corners: 6, size: 1.08 },
  { corners: 3, size: 1.3, turned: true },
  { corners: 8, size: 1.35, star: true },
];
const STAR_DEPTH = 0.45; // how far the inner corners of a star are from its middle
export const SIDE_COLOURS = { a: "#1d5fa8", b: "#b84a00" };
export const INK = "#1d2530";
export const FAINT = "#6a7480";
export const PALE = "#e3e6ea";
export const FADED = 222;

/** Return the colour of a domain or sector. */
export const getColour = (kind) => COLOURS[kind % COLOURS.length];

/** Return the shape of a domain or sector. */
export const getShape = (kind) => SHAPES[kind % SHAPES.length];

/** Return the colour of a kind, more grey the smaller `share` is (0 to 1). */
export function fadeColour(kind, share) {
  const part = Math.min(1, 0.15 + 1.05 * share);
  const colour = getColour(kind);
  const mix = (at) =>
    Math.round(parseInt(colour.slice(at, at + 2), 16) * part + FADED * (1 - part));
  return `rgb(${mix(1)},${mix(3)},${mix(5)})`;
}

/** Add the outline of a shape to the path. */
export function traceShape(pen, shape, x, y, radius) {
  pen.beginPath();
  if (shape === CIRCLE) {
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  const start = -Math.PI / 2 + (shape.turned ? Math.PI / shape.corners : 0);
  const size = radius * shape.size;
  for (let corner = 0; corner < shape.corners; corner++) {
    const angle = start + (corner * 2 * Math.PI) / shape.corners;
    const reach = shape.star && corner % 2 ? size * STAR_DEPTH : size;
    pen.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  pen.closePath();
}

/**
 * Make a canvas as sharp as the screen.
 *
 * Return its pen, its size in CSS pixels, and the scale of its letters (above 1 on a projector).
 */
export function sharpen(canvas) {
  if (canvas.openVector) return canvas.openVector();
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const pixelsWide = Math.round(width * scale);
  const pixelsHigh = Math.round(height * scale);
  if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh)
    Object.assign(canvas, { width: pixelsWide, height: pixelsHigh, letterScale: null });
  canvas.letterScale ??= parseFloat(getComputedStyle(canvas).fontSize) / 16;
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height, letterScale: canvas.letterScale };
}
