// What is drawn on: a label map, a picture of one or three channels, or holes in one. All have
//
//   size [height, width], state (an array; replaced as a whole by undo), clear(),
//   stroke(from, to, diameter), rectangle(from, to), fill(at): draw, with the chosen colour,
//   image() -> ImageData, values() -> what the network takes, take(ImageData) -> a sentence

import { nearest, smooth, toImageData, toValues } from "./pixels.js";
import { colour, labelValues, snap } from "./palette.js";
import { disc, fill, line, rectangle } from "./raster.js";

export class LabelSurface {
  constructor([height, width, channels], palette) {
    this.size = [height, width];
    this.channels = channels;
    this.palette = palette;
    this.chosen = Math.min(1, palette.length - 1);
    this.state = new Uint8Array(height * width);
  }

  clear() {
    this.state.fill(0);
  }

  stroke(from, to, diameter) {
    line(from, to, (at) => disc(this.size, at, diameter, (i) => (this.state[i] = this.chosen)));
  }

  rectangle(from, to) {
    rectangle(this.size, from, to, (i) => (this.state[i] = this.chosen));
  }

  fill([x, y]) {
    const before = this.state.slice();
    const label = before[y * this.size[1] + x];
    fill(
      this.size,
      [x, y],
      (i) => before[i] === label,
      (i) => (this.state[i] = this.chosen),
    );
  }

  image() {
    return colour(this.state, this.palette, ...this.size);
  }

  values() {
    return labelValues(this.state, this.palette, this.channels);
  }

  take(image) {
    const { labels, strange } = snap(nearest(image, ...this.size), this.palette);
    this.state = labels;
    const share = (100 * strange) / labels.length;
    const resized = sizeText(image, this.size);
    return strange
      ? `${resized} ${share < 1 ? "Less than 1" : Math.round(share)} % of its pixels had other colours than the palette and took the nearest label.`
      : `${resized} All its colours are labels.`;
  }
}

export class PictureSurface {
  constructor([height, width, channels]) {
    this.size = [height, width];
    this.channels = channels;
    this.chosen = [255, 255, 255];
    this.state = new Float32Array(height * width * channels).fill(-1);
  }

  clear() {
    this.state.fill(-1);
  }

  /** A soft brush: full in its middle, nothing at its edge. */
  stroke(from, to, diameter) {
    const cover = new Map();
    const reach = diameter + 1;
    line(from, to, (at) =>
      disc(this.size, at, reach, (i, distance) => {
        const strength = Math.min(1, 1.6 * (1 - distance / (reach / 2)));
        if (strength > (cover.get(i) ?? 0)) cover.set(i, strength);
      }),
    );
    for (const [i, strength] of cover) this.#blend(i, strength);
  }

  rectangle(from, to) {
    rectangle(this.size, from, to, (i) => this.#blend(i, 1));
  }

  fill(at) {
    this.alike(at, (i) => this.#blend(i, 1));
  }

  /** Visits each pixel that is joined to the one at [x, y] by pixels of nearly its colour. */
  alike([x, y], visit) {
    const before = this.state.slice();
    const start = y * this.size[1] + x;
    const same = (i) => {
      for (let c = 0; c < this.channels; c++) {
        if (Math.abs(before[i * this.channels + c] - before[start * this.channels + c]) > 0.15)
          return false;
      }
      return true;
    };
    fill(this.size, [x, y], same, visit);
  }

  #blend(pixel, strength) {
    for (let c = 0; c < this.channels; c++) {
      const i = pixel * this.channels + c;
      const aim = this.chosen[c] / 127.5 - 1;
      this.state[i] += strength * (aim - this.state[i]);
    }
  }

  image() {
    return toImageData(this.state, [...this.size, this.channels]);
  }

  values() {
    return this.state.slice();
  }

  take(image) {
    this.state = toValues(smooth(image, ...this.size), this.channels);
    return sizeText(image, this.size);
  }
}

/** Holes that are rubbed out of a picture, and brought back: the picture itself stays. */
export class HoleSurface {
  #known; // numbers of the picture, behind which those of the holes begin

  constructor([height, width, channels]) {
    this.size = [height, width];
    this.channels = channels;
    this.chosen = 1; // 1 rubs out, 0 brings back
    this.#known = height * width * channels;
    // The picture's values, and behind them a number a pixel: whether it is missing.
    this.state = new Float32Array(height * width * (channels + 1));
  }

  clear() {
    this.state.fill(0, this.#known);
  }

  stroke(from, to, diameter) {
    line(from, to, (at) => disc(this.size, at, diameter, (i) => this.#set(i)));
  }

  rectangle(from, to) {
    rectangle(this.size, from, to, (i) => this.#set(i));
  }

  /** What is alike around a pixel. */
  fill(at) {
    const picture = new PictureSurface([...this.size, this.channels]);
    picture.state = this.values();
    picture.alike(at, (i) => this.#set(i));
  }

  #set(pixel) {
    this.state[this.#known + pixel] = this.chosen;
  }

  image() {
    const image = toImageData(this.state, [...this.size, this.channels]);
    const width = this.size[1];
    this.missing().forEach((missing, i) => {
      // The chequered ground that drawing programs have behind what is transparent.
      const grey = (Math.floor(i / width / 4) + Math.floor((i % width) / 4)) % 2 ? 160 : 220;
      if (missing) image.data.fill(grey, 4 * i, 4 * i + 3);
    });
    return image;
  }

  values() {
    return this.state.slice(0, this.#known);
  }

  /** 1 for each pixel that is missing, 0 for the others. */
  missing() {
    return this.state.slice(this.#known);
  }

  take(image) {
    const state = new Float32Array(this.state.length);
    state.set(toValues(smooth(image, ...this.size), this.channels));
    this.state = state;
    return sizeText(image, this.size);
  }
}

function sizeText(image, [height, width]) {
  return image.width === width && image.height === height
    ? "The picture was taken as it is."
    : `The picture was resized from ${image.width} × ${image.height} to ${width} × ${height}.`;
}

/** A surface of another model's input, for what is drawn on `shared`. */
export function surfaceLike(shared, item, palette) {
  return item.kind === "image"
    ? new PictureSurface(item.shape)
    : new LabelSurface(item.shape, palette ?? shared.palette);
}
