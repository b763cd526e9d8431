// Pictures: numbers in [-1, 1] for networks, bytes for canvases.

/** ImageData of one picture, values in [-1, 1], of 1 or 3 channels. */
export function toImageData(values, [height, width, channels]) {
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = values[pixel * channels + (channels === 1 ? 0 : channel)];
      // The array clamps by itself; it rounds to even, as NumPy does.
      image.data[pixel * 4 + channel] = (value + 1) * 127.5;
    }
    image.data[pixel * 4 + 3] = 255;
  }
  return image;
}

/** The values of a picture's bytes; one channel is its luma. */
export function toValues({ data, width, height }, channels) {
  const values = new Float32Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [r, g, b] = data.subarray(pixel * 4, pixel * 4 + 3);
    const bytes = channels === 1 ? [0.299 * r + 0.587 * g + 0.114 * b] : [r, g, b];
    for (let channel = 0; channel < channels; channel++) {
      values[pixel * channels + channel] = bytes[channel] / 127.5 - 1;
    }
  }
  return values;
}

export function makeCanvas(height, width, properties = {}) {
  const canvas = document.createElement("canvas");
  canvas.height = height;
  canvas.width = width;
  // Written and read as arrays, never drawn by a graphics card.
  canvas.getContext("2d", { willReadFrequently: true });
  for (const [name, value] of Object.entries(properties)) canvas.setAttribute(name, value);
  return canvas;
}

/** Shows an output of kind image; `shape` with the batch. */
export function show(canvas, { data, shape }) {
  put(canvas, toImageData(data, shape.slice(1)));
}

/** ImageData of several outputs of kind image, `shape` with the batch, side by side. */
export function besideEachOther(answers) {
  const images = answers.map(({ data, shape }) => toImageData(data, shape.slice(1)));
  if (images.length === 1) return images[0];
  const height = Math.max(...images.map((image) => image.height));
  const canvas = makeCanvas(
    height,
    images.reduce((sum, { width }) => sum + width, 0),
  );
  const context = canvas.getContext("2d");
  let left = 0;
  for (const image of images) {
    context.putImageData(image, left, 0);
    left += image.width;
  }
  return context.getImageData(0, 0, canvas.width, height);
}

/** Shows ImageData, the canvas as large as it. */
export function put(canvas, image) {
  const { width, height } = image;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The bytes of a decoded picture, its colours as the file has them. */
function bytesOf(bitmap) {
  const canvas = makeCanvas(bitmap.height, bitmap.width);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

/** A picture file's bytes. Throws where the browser cannot read it. */
export async function decode(blob) {
  // Neither colour profile nor opacity may change a label's colour.
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const bytes = bytesOf(bitmap);
  bitmap.close();
  return bytes;
}

export function crop(image, top, left, height, width) {
  const part = new ImageData(width, height);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 4;
    part.data.set(image.data.subarray(from, from + width * 4), row * width * 4);
  }
  return part;
}

/** The same picture at another size, each pixel one of the old: no colour is blended. */
export function nearest(image, height, width) {
  if (image.height === height && image.width === width) return image;
  const resized = new ImageData(width, height);
  const from = new Uint32Array(
    image.data.buffer,
    image.data.byteOffset,
    image.width * image.height,
  );
  const to = new Uint32Array(resized.data.buffer);
  for (let row = 0; row < height; row++) {
    const line = Math.floor(((row + 0.5) * image.height) / height) * image.width;
    for (let column = 0; column < width; column++) {
      to[row * width + column] = from[line + Math.floor(((column + 0.5) * image.width) / width)];
    }
  }
  return resized;
}

/** The same picture at another size, blended as photographs want it. */
export function smooth(image, height, width) {
  let canvas = makeCanvas(image.height, image.width);
  canvas.getContext("2d").putImageData(image, 0, 0);
  // One step of more than a half would leave pixels out.
  while (canvas.width >= 2 * width && canvas.height >= 2 * height) {
    canvas = scaled(canvas, Math.ceil(canvas.height / 2), Math.ceil(canvas.width / 2));
  }
  canvas = scaled(canvas, height, width);
  return canvas.getContext("2d").getImageData(0, 0, width, height);
}

function scaled(canvas, height, width) {
  const target = makeCanvas(height, width);
  const context = target.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, width, height);
  return target;
}
