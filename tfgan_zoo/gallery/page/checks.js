// What the runtime must get right before the page shows a network: shapes, types, and the answers
// that the card remembers of TensorFlow Lite's own interpreter.

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/** The shape that one example has in the file: a batch of 1, except for a value of the whole call. */
export function fileShape(item) {
  return ["seed", "count", "number"].includes(item.kind) ? [] : [1, ...item.shape];
}

export function length(shape) {
  return shape.reduce((product, side) => product * side, 1);
}

/** `values` as the array of a dtype; a plain array is taken too. */
export function typed(item, values) {
  const Type = TYPES[item.dtype];
  const array = values instanceof Type ? values : Type.from(values);
  const wanted = length(fileShape(item));
  if (array.length !== wanted) {
    throw new RangeError(`“${item.name}” takes ${wanted} numbers, not ${array.length}.`);
  }
  return array;
}

/** Why a file is not what its card says, as a sentence; null if it is. */
export function mismatch(interface_, details) {
  for (const [side, own] of [
    ["inputs", "input"],
    ["outputs", "output"],
  ]) {
    const named = new Map(details[side].map((detail) => [detail.name, detail]));
    for (const item of interface_[side]) {
      const detail = named.get(item.name);
      if (!detail) return `Its file has no ${own} “${item.name}”, which its card names.`;
      named.delete(item.name);
      if (detail.shape.some((length) => length < 1)) {
        return `Its file leaves a side of the ${own} “${item.name}” open: export it again at batch 1.`;
      }
      const wanted = fileShape(item);
      const same =
        wanted.length === detail.shape.length &&
        wanted.every((length, i) => length === null || length === detail.shape[i]);
      if (!same || detail.dtype !== item.dtype) {
        return (
          `Its file's ${own} “${item.name}” is ${detail.dtype} [${detail.shape}], and its card ` +
          `says ${item.dtype} [${wanted}].`
        );
      }
    }
    const [extra] = named.keys();
    if (extra !== undefined)
      return `Its file has an ${own} “${extra}” that its card does not name.`;
  }
  return null;
}

/** The fixed inputs of the check in a card. `words`: how many tokens have words, 0 if none has. */
export function checkInputs(interface_, words) {
  return Object.fromEntries(
    interface_.inputs.map((item) => {
      const values = new Float64Array(length(fileShape(item)));
      if (item.kind === "tokens") {
        values.forEach((_, i) => (values[i] = words ? (i * 7919) % words : 0));
      } else if (item.default !== null && item.default !== undefined) {
        values.fill(item.default);
      } else if (item.dtype === "float32" && item.kind !== "state") {
        values.forEach((_, i) => (values[i] = (((i * 7919) % 201) - 100) / 100));
      }
      return [item.name, typed(item, values)];
    }),
  );
}

/** Why answers to the fixed inputs are wrong, as a sentence; null if they are right. */
export function wrongAnswer(check, outputs) {
  for (const [name, { positions, values }] of Object.entries(check?.outputs ?? {})) {
    for (let i = 0; i < positions.length; i++) {
      const answer = outputs[name]?.data[positions[i]];
      // Not a comparison with ">": that would let an answer of NaN pass.
      if (!(Math.abs(answer - values[i]) <= check.tolerance)) {
        return (
          `This browser computes ${answer} where TensorFlow Lite gives ${values[i]} ` +
          `(“${name}”, number ${positions[i]}).`
        );
      }
    }
  }
  return null;
}

export function notFinite(outputs) {
  for (const [name, { data }] of Object.entries(outputs)) {
    if (data instanceof Float32Array && !data.every(Number.isFinite)) return name;
  }
  return null;
}
