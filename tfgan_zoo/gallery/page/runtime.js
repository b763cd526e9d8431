// Networks in this browser: `load` gives a session, `session.run` gives the answers.
//
//   const session = await load(model);                        // an entry of models.json
//   const { images } = await session.run({ latents });        // flat arrays by the inputs' names
//   images.data, images.shape                                 // Float32Array, [1, 28, 28, 1]
//
// A network is shown only once it has proved itself: its file takes and gives what its card says,
// and its answers to a fixed input are those that TensorFlow Lite's own interpreter gave.

import { kinds, nameOf, served } from "./catalogue.js";
import { checkInputs, fileShape, mismatch, notFinite, typed, wrongAnswer } from "./checks.js";
import { Problem, runtimeSentence } from "./problem.js";

// Networks stay in the worker's memory until their files reach this many bytes.
const KEPT_BYTES = 200e6;

/** The worker with the runtime; another one replaces it when its memory is broken. */
class Engine {
  constructor() {
    this.waiting = new Map();
    this.count = 0;
    this.worker = new Worker(new URL("worker.js", import.meta.url));
    this.worker.onmessage = ({ data }) => this.#arrived(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.fail(event.message || "its worker did not start");
    };
    this.dead = false;
  }

  ask(task, message = {}, { transfer = [], onProgress = null } = {}) {
    return new Promise((resolve, reject) => {
      const id = ++this.count;
      this.waiting.set(id, { resolve, reject, onProgress });
      this.worker.postMessage({ id, task, ...message }, transfer);
    });
  }

  #arrived({ id, result, problem, progress }) {
    const asked = this.waiting.get(id);
    if (progress) {
      asked.onProgress?.(progress);
      return;
    }
    this.waiting.delete(id);
    if (problem) {
      asked.reject(new Error(problem.message));
      if (problem.fatal) this.fail(problem.message);
    } else {
      asked.resolve(result);
    }
  }

  fail(message) {
    this.dead = true;
    this.worker.terminate();
    for (const { reject } of this.waiting.values()) reject(new Error(message));
    this.waiting.clear();
  }
}

let engine = null;
let starting = null;
const sessions = new Map();

/** Why this browser cannot run networks, as a sentence; null if it can. */
export function unsupported(scope = globalThis) {
  const missing = [
    ["WebAssembly", "WebAssembly"],
    ["Worker", "workers"],
    ["DecompressionStream", "DecompressionStream"],
  ].find(([name]) => typeof scope[name] === "undefined");
  return missing
    ? `This browser has no ${missing[1]}, which the runtime needs: take a newer browser, or allow it in its settings.`
    : null;
}

async function started(onProgress) {
  if (engine && !engine.dead) return starting;
  const problem = unsupported();
  if (problem) throw new Problem(problem);
  engine = new Engine();
  starting = start(engine, onProgress);
  return starting;
}

async function start(own, onProgress) {
  try {
    await own.ask(
      "start",
      {},
      { onProgress: (progress) => onProgress({ what: "the runtime", ...progress }) },
    );
  } catch (error) {
    own.fail(error.message);
    throw new Problem(
      `The runtime did not start: ${error.message} Check the connection and try again; if it stays ` +
        "so, take another browser.",
    );
  }
  return own;
}

async function fetched(model, file, name, onProgress) {
  let response;
  try {
    response = await fetch(model.url + file);
  } catch {
    throw new Problem(`${name} did not arrive: the network is off or the server has stopped.`);
  }
  if (!response.ok) {
    throw new Problem(`The server answered ${response.status} for ${file} of ${name}.`);
  }
  const total = model.files[file] ?? null;
  const parts = [];
  let loaded = 0;
  try {
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      loaded += value.length;
      onProgress({ what: name, loaded, total });
    }
  } catch {
    throw new Problem(`The download of ${name} broke off: try again.`);
  }
  return new Blob(parts).arrayBuffer();
}

class Session {
  /** @param {string} kind of the TFLite file, one of `kinds(model)` */
  constructor(model, kind) {
    this.model = model;
    this.kind = kind;
    this.interface = served(model);
    this.name = nameOf(model);
    this.key = `${model.url} ${kind}`;
    this.bytes = 0;
    this.engine = null;
    this.opening = null;
  }

  /** Puts the network into the worker, unless it is there. */
  async open(onProgress = () => {}) {
    if (!this.opening && this.engine && !this.engine.dead) return;
    this.opening ??= this.#open(onProgress).finally(() => (this.opening = null));
    await this.opening;
  }

  async #open(onProgress) {
    const entry = this.model.card.tflite[this.kind];
    const [own, bytes] = await Promise.all([
      started(onProgress),
      fetched(this.model, entry.file, this.name, onProgress),
    ]);
    this.bytes = bytes.byteLength;
    let details;
    try {
      details = await own.ask("open", { key: this.key, bytes }, { transfer: [bytes] });
    } catch (error) {
      throw new Problem(
        `${entry.file} of ${this.name} could not be opened: it is broken, or has an open batch or ` +
          `an operator that the runtime lacks (${error.message})`,
      );
    }
    const wrong = mismatch(this.interface, details);
    if (wrong) {
      own.ask("drop", { key: this.key });
      throw new Problem(`${this.name} is not shown. ${wrong}`);
    }
    this.engine = own;
    try {
      await this.#prove(entry.check);
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  async #prove(check) {
    const words = this.model.card.interface.outputs.find((item) => item.words)?.words.length ?? 0;
    const outputs = await this.#run(checkInputs(this.interface, words));
    const wrong = wrongAnswer(check, outputs);
    if (wrong) throw new Problem(`${this.name} is not shown. ${wrong}`);
  }

  async #run(inputs) {
    const given = {};
    for (const item of this.interface.inputs) {
      if (!(item.name in inputs)) throw new RangeError(`“${item.name}” is missing.`);
      given[item.name] = { data: typed(item, inputs[item.name]), shape: fileShape(item) };
    }
    let answer;
    try {
      answer = await this.engine.ask("run", { key: this.key, inputs: given });
    } catch (error) {
      throw new Problem(runtimeSentence(this.name, error.message));
    }
    this.milliseconds = answer.milliseconds;
    const strange = notFinite(answer.outputs);
    if (strange) {
      throw new Problem(
        `${this.name} gave numbers that are not finite (“${strange}”) and is not shown.`,
      );
    }
    return answer.outputs;
  }

  /**
   * The outputs by name, {data, shape}. `inputs`: a flat array for each input of the interface.
   * `milliseconds` says afterwards how long the network took.
   */
  async run(inputs) {
    touch(this);
    await this.open();
    return this.#run(inputs);
  }

  drop() {
    if (this.engine && !this.engine.dead) this.engine.ask("drop", { key: this.key });
    this.engine = null;
  }
}

/** Keeps the networks that were used last, and frees the memory of the others. */
function touch(session) {
  sessions.delete(session.key);
  sessions.set(session.key, session);
  let kept = 0;
  for (const one of [...sessions.values()].reverse()) {
    kept += one.bytes;
    if (kept > KEPT_BYTES && one !== session) one.drop();
  }
}

/**
 * A model's session, once its network is loaded and checked; the second time, the same one.
 * `onProgress`: told {what, loaded, total} in bytes; the total is null where nobody knows it.
 * `kind`: of the TFLite file. Throws a `Problem` whose message is for the reader.
 */
export async function load(model, { onProgress = () => {}, kind = kinds(model)[0] } = {}) {
  if (kind === undefined) throw new Problem(`${nameOf(model)} has no TFLite file that runs here.`);
  const session = sessions.get(`${model.url} ${kind}`) ?? new Session(model, kind);
  touch(session);
  await session.open(onProgress);
  touch(session);
  return session;
}
