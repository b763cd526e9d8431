// Drawing on arrays: which pixels a brush, a line, a rectangle or a filling touches. No edge is
// blended, because a blended label is none.

/** Calls `touch(index)` for each pixel of a disc of this diameter. */
export function disc(size, [x, y], diameter, touch) {
  const [height, width] = size;
  const radius = diameter / 2;
  // A brush of an even number of pixels has its middle between pixels.
  const shift = diameter % 2 ? 0 : 0.5;
  const reach = Math.ceil(radius);
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
      const distance = Math.hypot(row - y + shift, column - x + shift);
      if (distance < radius || (diameter === 1 && row === y && column === x))
        touch(row * width + column, distance);
    }
  }
}

/** Calls `visit([x, y])` for the pixels from one to another, both included. */
export function line([x, y], [toX, toY], visit) {
  const steps = Math.max(Math.abs(toX - x), Math.abs(toY - y));
  for (let i = 0; i <= steps; i++) {
    const t = steps ? i / steps : 0;
    visit([Math.round(x + t * (toX - x)), Math.round(y + t * (toY - y))]);
  }
}

/** Calls `touch(index)` for the pixels of a rectangle with these two corners. */
export function rectangle([height, width], [x, y], [toX, toY], touch) {
  const [left, right] = [Math.max(0, Math.min(x, toX)), Math.min(width - 1, Math.max(x, toX))];
  const [top, bottom] = [Math.max(0, Math.min(y, toY)), Math.min(height - 1, Math.max(y, toY))];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) touch(row * width + column);
  }
}

/** Calls `touch(index)` for all pixels that hang together with one and are `same` as it. */
export function fill([height, width], [x, y], same, touch) {
  const start = y * width + x;
  const seen = new Uint8Array(height * width);
  const open = [start];
  seen[start] = 1;
  while (open.length) {
    const at = open.pop();
    touch(at);
    const column = at % width;
    const around = [
      column > 0 ? at - 1 : -1,
      column < width - 1 ? at + 1 : -1,
      at - width,
      at + width < height * width ? at + width : -1,
    ];
    for (const next of around) {
      if (next < 0 || seen[next] || !same(next)) continue;
      seen[next] = 1;
      open.push(next);
    }
  }
}
