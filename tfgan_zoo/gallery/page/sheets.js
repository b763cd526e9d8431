// Example inputs and real pictures: tiles of the card's examples sheet, or of samples.png.

import { crop, decode, nearest } from "./pixels.js";
import { Problem } from "./problem.js";

const loaded = new Map();

/**
 * @returns {Promise<Object|null>} {tile, columns, labels, row(name) -> ImageData[] | null}; null where
 *     the card names no sheet
 */
export function examples(model) {
  const sheet = model.card.examples;
  if (!sheet) return Promise.resolve(null);
  if (!loaded.has(model.url)) {
    const reading = read(model, sheet);
    loaded.set(model.url, reading);
    reading.catch(() => loaded.delete(model.url));
  }
  return loaded.get(model.url);
}

async function read(model, { file, tile, columns, rows, labels }) {
  const image = await picture(model.url + file, file);
  const [height, width] = tile;
  if (image.width < columns * width || image.height < rows.length * height) {
    throw new Problem(`${file} is smaller than its card says.`);
  }
  return {
    columns,
    labels,
    row(name) {
      const at = rows.indexOf(name);
      if (at < 0) return null;
      return Array.from({ length: columns }, (_, i) =>
        crop(image, at * height, i * width, height, width),
      );
    },
  };
}

async function picture(address, file) {
  let response;
  try {
    response = await fetch(address);
  } catch {
    throw new Problem(`${file} did not arrive: the network is off or the server has stopped.`);
  }
  if (!response.ok) throw new Problem(`The server answered ${response.status} for ${file}.`);
  try {
    return await decode(await response.blob());
  } catch {
    throw new Problem(`${file} is no picture that this browser can read.`);
  }
}

/**
 * Inputs from the leftmost column of samples.png, for exports without an examples sheet: tiles on
 * white, enlarged by a whole number. An empty list where none is found.
 */
export async function sampleInputs(model, [height, width]) {
  if (!("samples.png" in model.files)) return [];
  const image = await picture(`${model.url}samples.png`, "samples.png");
  const bytes = new Uint32Array(image.data.buffer);
  const white = (x, y) => (bytes[y * image.width + x] & 0xffffff) === 0xffffff;
  // Names may stand above the tiles: the columns are found in the lower half.
  const emptyColumn = (x) => {
    for (let y = image.height >> 1; y < image.height; y++) if (!white(x, y)) return false;
    return true;
  };
  const [left, right] = stretch(image.width, emptyColumn, 0);
  const scale = (right - left) / width;
  if (!Number.isInteger(scale) || scale < 1) return [];
  const emptyRow = (y) => {
    for (let x = left; x < right; x++) if (!white(x, y)) return false;
    return true;
  };
  const tiles = [];
  for (let y = 0; y < image.height;) {
    const [top, bottom] = stretch(image.height, emptyRow, y);
    if (bottom - top === height * scale) {
      tiles.push(nearest(crop(image, top, left, bottom - top, right - left), height, width));
    }
    y = bottom + 1;
  }
  return tiles;
}

/** The first stretch from `start` on that is not empty: [from, to behind its end]. */
function stretch(length, empty, start) {
  let from = start;
  while (from < length && empty(from)) from++;
  let to = from;
  while (to < length && !empty(to)) to++;
  return [from, to];
}
