// An animated GIF, written here because no browser offers one: GIF89a, one palette for all frames.

/**
 * @param {{width: number, height: number, frames: Uint8ClampedArray[], delay: number}} animation
 *     frames of RGBA bytes; the delay in hundredths of a second
 * @returns {Uint8Array} the file
 */
export function encode({ width, height, frames, delay }) {
  const { palette, indexOf } = quantise(frames);
  const out = [];
  const word = (number) => out.push(number & 255, number >> 8);
  out.push(...ascii("GIF89a"));
  word(width);
  word(height);
  out.push(0xf7, 0, 0); // a global palette of 256 colours
  for (let i = 0; i < 256; i++) out.push(...(palette[i] ?? [0, 0, 0]));
  out.push(0x21, 0xff, 11, ...ascii("NETSCAPE2.0"), 3, 1, 0, 0, 0); // for ever
  for (const frame of frames) {
    out.push(0x21, 0xf9, 4, 0);
    word(delay);
    out.push(0, 0, 0x2c, 0, 0, 0, 0);
    word(width);
    word(height);
    out.push(0, 8);
    const pixels = new Uint8Array(width * height);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = indexOf(frame[i * 4], frame[i * 4 + 1], frame[i * 4 + 2]);
    }
    const packed = lzw(pixels);
    for (let at = 0; at < packed.length; at += 255) {
      const block = packed.slice(at, at + 255);
      out.push(block.length);
      for (const byte of block) out.push(byte);
    }
    out.push(0);
  }
  out.push(0x3b);
  return Uint8Array.from(out);
}

function ascii(text) {
  return [...text].map((letter) => letter.charCodeAt(0));
}

/** GIF's LZW of bytes: codes from 9 to 12 bits, lowest bit first. */
function lzw(pixels) {
  const CLEAR = 256;
  const END = 257;
  const bytes = [];
  let held = 0;
  let bits = 0;
  let width = 9;
  let table = new Map();
  let next = END + 1;
  function put(code) {
    held |= code << bits;
    bits += width;
    while (bits >= 8) {
      bytes.push(held & 255);
      held >>>= 8;
      bits -= 8;
    }
  }
  put(CLEAR);
  let prefix = pixels[0];
  for (let i = 1; i < pixels.length; i++) {
    const key = (prefix << 8) | pixels[i];
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    put(prefix);
    if (next < 4096) {
      // A reader learns each code one step later than its writer: the codes grow once the first
      // one that is too long has been given away.
      if (next === 1 << width) width++;
      table.set(key, next++);
    } else {
      put(CLEAR);
      table = new Map();
      next = END + 1;
      width = 9;
    }
    prefix = pixels[i];
  }
  put(prefix);
  if (next === 1 << width && width < 12) width++;
  put(END);
  if (bits) bytes.push(held & 255);
  return bytes;
}

/** Up to 256 colours for all frames, by median cut of colours of five bits a channel. */
function quantise(frames) {
  const counts = new Map();
  for (const frame of frames) {
    for (let i = 0; i < frame.length; i += 4) {
      const key = rough(frame[i], frame[i + 1], frame[i + 2]);
      const entry = counts.get(key);
      if (entry) {
        entry.count++;
        for (let c = 0; c < 3; c++) entry.sum[c] += frame[i + c];
      } else {
        counts.set(key, { key, count: 1, sum: [frame[i], frame[i + 1], frame[i + 2]] });
      }
    }
  }
  if (frames.every(grey)) {
    return { palette: Array.from({ length: 256 }, (_, i) => [i, i, i]), indexOf: (r) => r };
  }
  const colours = [...counts.values()].map((entry) => ({
    ...entry,
    mean: entry.sum.map((total) => total / entry.count),
  }));
  const boxes = [box(colours)];
  while (boxes.length < 256) {
    boxes.sort((a, b) => b.weight - a.weight);
    if (boxes[0].weight === 0) break;
    boxes.push(...halves(boxes.shift()));
  }
  const index = new Map();
  const palette = boxes.map(({ colours: own }, number) => {
    const total = own.reduce((sum, { count }) => sum + count, 0);
    for (const { key } of own) index.set(key, number);
    return [0, 1, 2].map((c) => Math.round(own.reduce((sum, one) => sum + one.sum[c], 0) / total));
  });
  return { palette, indexOf: (r, g, b) => index.get(rough(r, g, b)) };
}

function rough(r, g, b) {
  return ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
}

function grey(frame) {
  for (let i = 0; i < frame.length; i += 4) {
    if (frame[i] !== frame[i + 1] || frame[i] !== frame[i + 2]) return false;
  }
  return true;
}

/** Colours with their widest channel; the weight is 0 where they cannot be halved. */
function box(colours) {
  let widest = 0;
  let reach = -1;
  for (let c = 0; c < 3; c++) {
    const values = colours.map(({ mean }) => mean[c]);
    const width = Math.max(...values) - Math.min(...values);
    if (width > reach) [widest, reach] = [c, width];
  }
  const total = colours.reduce((sum, { count }) => sum + count, 0);
  return { colours, channel: widest, weight: colours.length > 1 ? reach * Math.sqrt(total) : 0 };
}

function halves({ colours, channel }) {
  const sorted = [...colours].sort((a, b) => a.mean[channel] - b.mean[channel]);
  const half = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
  let seen = 0;
  let cut = sorted.findIndex(({ count }) => (seen += count) >= half) + 1;
  cut = Math.min(Math.max(cut, 1), sorted.length - 1);
  return [box(sorted.slice(0, cut)), box(sorted.slice(cut))];
}
