// Label maps: an array of label numbers, and the colours by which networks and files know them.

const RARE = 0.0005; // a colour of fewer pixels of an example is no label

/** The colours [[r, g, b], ...] of example label maps, the most common first. */
export function counted(images) {
  const counts = new Map();
  let pixels = 0;
  for (const { data } of images) {
    for (let i = 0; i < data.length; i += 4) {
      const key = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      counts.set(key, (counts.get(key) ?? 0) + 1);
      pixels++;
    }
  }
  return [...counts]
    .filter(([, count]) => count >= RARE * pixels)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 256)
    .map(([key]) => [key >> 16, (key >> 8) & 255, key & 255]);
}

/** The names of a palette's labels; numbers where the card names none. */
export function labelNames(palette, classes) {
  return palette.map((_, i) =>
    classes?.length === palette.length ? String(classes[i]) : `label ${i}`,
  );
}

/**
 * The label of each pixel: that of the palette's nearest colour.
 * @returns {{labels: Uint8Array, strange: number}} strange: how many pixels had no colour of the palette
 */
export function snap({ data }, palette) {
  const labels = new Uint8Array(data.length / 4);
  const known = new Map();
  let strange = 0;
  for (let i = 0; i < labels.length; i++) {
    const [r, g, b] = data.subarray(i * 4, i * 4 + 3);
    const key = (r << 16) | (g << 8) | b;
    let found = known.get(key);
    if (found === undefined) {
      found = closest([r, g, b], palette);
      known.set(key, found);
    }
    labels[i] = found.label;
    if (found.distance > 0) strange++;
  }
  return { labels, strange };
}

function closest(colour, palette) {
  let best = { label: 0, distance: Infinity };
  palette.forEach((own, label) => {
    const distance = own.reduce((sum, value, c) => sum + (value - colour[c]) ** 2, 0);
    if (distance < best.distance) best = { label, distance };
  });
  return best;
}

/** What a network of `channels` takes: its colours in [-1, 1]; one channel is the label's number. */
export function labelValues(labels, palette, channels) {
  const values = new Float32Array(labels.length * channels);
  labels.forEach((label, i) => {
    for (let c = 0; c < channels; c++) {
      values[i * channels + c] = (channels === 1 ? label : palette[label][c]) / 127.5 - 1;
    }
  });
  return values;
}

export function colour(labels, palette, height, width) {
  const image = new ImageData(width, height);
  labels.forEach((label, i) => image.data.set([...palette[label], 255], i * 4));
  return image;
}
