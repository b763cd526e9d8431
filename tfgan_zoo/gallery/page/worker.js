// Runs networks beside the page, so that the page never freezes. A classic worker: LiteRT's own
// loader calls importScripts, which module workers do not have.
//
// Messages in: {id, task: "start" | "open" | "run" | "drop", ...}; out: {id, result} or
// {id, problem: {message, fatal}}, and {id, progress: {loaded, total}} while "start" downloads.

const base = new URL("vendor/litert/", self.location.href).href;
const SCRIPT = "litert_wasm_compat_internal.js";
const BINARY = "litert_wasm_compat_internal.wasm.gz";

let litert = null;
const networks = new Map();
// What the runtime itself writes: told to the reader when something fails, and to nobody else.
const said = [];

// The processor alone: what a graphics card computes has not been compared with anything. LiteRT
// warns that it finds none.
Object.defineProperty(self.navigator, "gpu", { value: undefined });
console.warn = hear;

function hear(line) {
  said.push(String(line));
}

async function start(id) {
  const packed = await downloaded(base + BINARY, (progress) => postMessage({ id, progress }));
  self.Module = {
    wasmBinary: await unpacked(packed),
    locateFile: (file) => base + file,
    print: hear,
    printErr: hear,
  };
  const module = await import(base + "index.js");
  // The name of the script, not of its folder: by the folder, LiteRT would look for the build with
  // relaxed SIMD, whose numbers differ between machines.
  await module.loadLiteRt(base + SCRIPT);
  litert = module;
}

async function downloaded(address, report) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The server answered ${response.status} for ${address}.`);
  const total = Number(response.headers.get("Content-Length")) || null;
  const parts = [];
  let loaded = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    loaded += value.length;
    report({ loaded, total });
  }
  return new Blob(parts);
}

/** The bytes of a .gz; some servers unpack it on the way, then it is WebAssembly already. */
async function unpacked(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return blob.arrayBuffer();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function open({ key, bytes }) {
  const compiled = await litert.loadAndCompile(new Uint8Array(bytes), { accelerator: "wasm" });
  networks.set(key, compiled);
  const plain = ({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] });
  return {
    inputs: compiled.getInputDetails().map(plain),
    outputs: compiled.getOutputDetails().map(plain),
  };
}

async function run({ key, inputs }) {
  const given = {};
  let answers = {};
  try {
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      given[name] = new litert.Tensor(data, shape);
    }
    const began = performance.now();
    answers = await networks.get(key).run(given);
    const outputs = {};
    for (const [name, tensor] of Object.entries(answers)) {
      // A copy: the tensor's memory is freed below.
      outputs[name] = {
        data: tensor.toTypedArray().slice(),
        shape: [...tensor.type.layout.dimensions],
      };
    }
    return { outputs, milliseconds: performance.now() - began };
  } finally {
    for (const tensor of [...Object.values(given), ...Object.values(answers)]) tensor.delete();
  }
}

function drop({ key }) {
  networks.get(key)?.delete();
  networks.delete(key);
}

const tasks = { start: ({ id }) => start(id), open, run, drop };

async function answer(message) {
  said.length = 0;
  try {
    postMessage({ id: message.id, result: (await tasks[message.task](message)) ?? null });
  } catch (error) {
    // An error of WebAssembly itself leaves its memory in no known state.
    const fatal = message.task === "start" || error instanceof WebAssembly.RuntimeError;
    const errors = said.filter((line) => line.startsWith("ERROR"));
    const text = [error instanceof Error ? error.message : String(error), ...errors].join(" ");
    postMessage({ id: message.id, problem: { message: text, fatal } });
  }
}

// One after the other: LiteRT keeps one state for all.
let last = Promise.resolve();
self.onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};
