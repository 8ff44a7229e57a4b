// A pen that draws into SVG what it would draw on a canvas, so that the code of the page also draws
// figures.

const DIGITS = 2;
const FONTS = "Arial, Helvetica, sans-serif";
const round = (value) => Number(value.toFixed(DIGITS));
const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);

/** As much of a canvas and its pen as networks and charts use. */
export class Paper {
  constructor(width, height) {
    Object.assign(this, {
      clientWidth: width,
      clientHeight: height,
      parts: [],
      path: "",
      dash: [],
    });
    Object.assign(this, {
      fillStyle: "#000",
      strokeStyle: "#000",
      lineWidth: 1,
      globalAlpha: 1,
      font: "12px sans-serif",
      textAlign: "left",
      textBaseline: "alphabetic",
      lineJoin: "miter",
    });
  }

  /** Take the place of a canvas that was made sharp. */
  openVector() {
    return { pen: this, width: this.clientWidth, height: this.clientHeight };
  }

  setAttribute() {}
  setLineDash(dash) {
    this.dash = dash;
  }
  beginPath() {
    this.path = "";
  }
  moveTo(x, y) {
    this.path += `M${round(x)} ${round(y)}`;
  }
  lineTo(x, y) {
    this.path += `${this.path ? "L" : "M"}${round(x)} ${round(y)}`;
  }
  closePath() {
    this.path += "Z";
  }

  arc(x, y, radius, from, to) {
    const at = (angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    const whole = Math.abs(to - from) >= 2 * Math.PI - 1e-9;
    const end = whole ? from + Math.PI : to;
    const large = !whole && Math.abs(to - from) > Math.PI ? 1 : 0;
    const size = `${round(radius)} ${round(radius)}`;
    const bow = (angle) => `A${size} 0 ${large} 1 ${at(angle).map(round).join(" ")}`;
    this.lineTo(...at(from));
    this.path += bow(end) + (whole ? bow(from + 2 * Math.PI) : "");
  }

  fill() {
    this.addPath({ fill: this.fillStyle });
  }

  stroke() {
    this.addPath({
      fill: "none",
      stroke: this.strokeStyle,
      "stroke-width": round(this.lineWidth),
      "stroke-linejoin": this.lineJoin,
      "stroke-dasharray": this.dash.length ? this.dash.join(" ") : null,
    });
  }

  fillText(text, x, y) {
    const [, weight, size] = /^(bold )?(\d+)px/.exec(this.font);
    const middle = this.textBaseline === "middle" ? 0.35 * size : 0;
    const attributes = {
      x: round(x),
      y: round(y + middle),
      "font-size": size,
      "font-weight": weight ? "bold" : null,
      "text-anchor": { left: "start", right: "end", center: "middle" }[this.textAlign],
      fill: this.fillStyle,
      opacity: this.opacity,
    };
    this.parts.push(`<text${writeAttributes(attributes)}>${escape(text)}</text>`);
  }

  get opacity() {
    return this.globalAlpha < 1 ? round(this.globalAlpha) : null;
  }

  addPath(style) {
    if (!this.path) return;
    this.parts.push(`<path${writeAttributes({ d: this.path, ...style, opacity: this.opacity })}/>`);
  }
}

/** Return attributes as text, without those that are null. */
function writeAttributes(attributes) {
  const present = Object.entries(attributes).filter(([, value]) => value !== null);
  return present.map(([name, value]) => ` ${name}="${value}"`).join("");
}

/** Return one drawing of several papers at their places: `[paper, x, y]`. */
export function composeSheet(width, height, placed) {
  const groups = placed.map(
    ([paper, x, y]) => `<g transform="translate(${x} ${y})">\n${paper.parts.join("\n")}\n</g>`,
  );
  const size = { width, height };
  const sheet = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, ...size };
  const opening = `<svg${writeAttributes({ ...sheet, "font-family": FONTS })}>`;
  const paper = `<rect${writeAttributes({ ...size, fill: "#fff" })}/>`;
  return [opening, paper, ...groups, "</svg>", ""].join("\n");
}
