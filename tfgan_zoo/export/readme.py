"""The card for a reader: README.md, whose commands and Python run as they stand."""

import json
from collections.abc import Mapping

from tfgan_zoo.export import codecs, guards, onnx_file
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.export.markdown import block, call, duration, number, table

ANIMATION = "training.gif"  # shown where the folder holds it
EXAMPLES = 4  # drawn by the README's code
SOON_SAID = 20  # names of classes that a sentence can hold
LABEL = 3  # drawn by the README's code, where there are as many classes


def write(card: Mapping, interface: Interface) -> str:
    """The content of README.md for a card that is complete and an interface without weights."""
    paper, data, training = card["paper"], card["data"], card["training"]
    scores = {card["name"]: card["scores"]["model"], **card["scores"]["baselines"]}
    metrics = list(dict.fromkeys(metric for row in scores.values() for metric in row))
    versions = ", ".join(f"{name} {version}" for name, version in training["versions"].items())
    code = (
        f"The authors' code: <{paper['code']}>." if paper["code"] else "No code of theirs is known."
    )
    archived = ""
    if paper["arxiv"]:
        archived = f", [arXiv:{paper['arxiv']}](https://arxiv.org/abs/{paper['arxiv']})"
    parts = [
        f"# {card['title']}",
        f"![Samples of {card['name']}](samples.png)",
        *(
            [f"![The same samples while it was trained]({ANIMATION})"]
            * (ANIMATION in card["files"])
        ),
        card["summary"],
        "## Paper",
        f"{paper['authors']}: *{paper['title']}*{archived}. {code}",
        "## Training",
        f"{training['steps']:,} steps in {duration(training['seconds'])} on "
        f"{training['machine']}, at {_commits(training)} with {versions}:",
        block("sh", training["command"]),
        *([training["chosen"]] if training["chosen"] else []),
        "The flags of the run, as a flagfile:",
        block("", _flagfile(training["flags"])),
        "## Data",
        f"{data['name']}: {data['description'].rstrip('. ')}. "
        f"Licence: {data['licence'].rstrip('. ')}.",
        *_classes(data),
        *_examples(card),
        "## Scores",
        card["scores"]["protocol"],
        *_scored(scores, metrics),
        *_compared(card),
        "## Files",
        table(
            ["file", "bytes"],
            [[f"`{name}`", f"{size:,}"] for name, size in card["files"].items()],
        ),
        *_parity(card, interface),
        *_load(card, interface),
        *_serve(card, interface),
    ]
    shipped = [entry["file"] for entry in card["tflite"].values() if entry["file"]]
    if shipped:
        parts += _phone(interface, shipped[0])
    if card["onnx"]:
        parts += _onnx(interface, card["onnx"]["file"])
    return "\n\n".join(parts) + "\n"


def _commits(training) -> str:
    commits = training["commits"] or [training["commit"]]
    named = ", ".join(f"`{commit}`" for commit in commits)
    return f"commit {named}" if len(commits) == 1 else f"the commits {named} in turn"


def _scored(scores, metrics) -> list[str]:
    """The table of scores; none where nothing could be scored."""
    if not metrics:
        return []
    rows = [[name, *(number(row.get(m)) for m in metrics)] for name, row in scores.items()]
    return [table(["", *metrics], rows)]


def _classes(data) -> list[str]:
    """The classes of the data by number, with their colours where there is one for each."""
    names, palette = data["classes"], data["palette"]
    if not names:
        return []
    words = named(names)
    if palette and len(palette) == len(names):
        colours = (f"rgb({', '.join(map(str, colour))})" for colour in palette)
        words = [f"{word} {colour}" for word, colour in zip(words, colours, strict=True)]
    return [f"Its classes by number: {', '.join(words)}."]


def _examples(card) -> list[str]:
    """What the sheet of held-out examples shows."""
    sheet = card["examples"]
    if sheet is None:
        return []
    rows = " and ".join(f"`{row}`" for row in sheet["rows"])
    return [
        f"`{sheet['file']}` holds {sheet['columns']} held-out examples, one in each column: {rows}."
    ]


def _compared(card) -> list[str]:
    """The scores whose protocol the exports of one data set share, with what is to be said."""
    parts = []
    for score in card["compared"] or ():
        protocol = score["protocol"]
        real, extractor = protocol["real"], protocol["extractor"]
        parts.append(
            f"{score['label']}: **{number(score['value'])}** ({score['better']} is better), of "
            f"{protocol['generated']['count']:,} pictures drawn by "
            f"`{protocol['generated']['what']}` against {real['count']:,} of {real['what']}, "
            f"{real['split']}, by the extractor {extractor['name']} (sha256 "
            f"{extractor['sha256'][:12]}), seed {protocol['settings']['seed']}. `card.json` holds "
            "the whole protocol." + (f" {score['remark']}" if score["remark"] else "")
        )
    return parts and ["Taken alike of all exports that the zoo ships for these data:", *parts]


def named(names) -> list[str]:
    """Numbers with their names: "0 ant", "1 bee"; a name that is the number stands alone."""
    words = [" ".join(name.split()) for name in names]
    return [
        name if name == str(number) else f"{number} {name}" for number, name in enumerate(words)
    ]


def _parity(card, interface) -> list[str]:
    forms = codecs.forms(interface).values()
    units = ", ".join(dict.fromkeys(form.unit for form in forms))
    peak = next((form.peak for form in forms if form.peak), None)
    stored = card["saved_model"]
    rows = [["SavedModel", f"`{card['version']}/`, {stored['weights']} weights", *_apart(stored)]]
    for name, entry in card.get("also", {}).items():  # which older cards lack
        rows.append([f"SavedModel, `{name}`", f"`{card['version']}/`", *_apart(entry)])
    for kind, entry in card["tflite"].items():
        file = f"`{entry['file']}`" if entry["file"] else "not shipped"
        rows.append([f"TFLite {kind}", file, *_apart(entry)])
    onnx = card["onnx"]
    if onnx:
        rows.append([f"ONNX, opset {onnx['opset']}", f"`{onnx['file']}`", *_apart(onnx)])
    parts = [
        "## The files beside the model",
        f"How far their outputs are from the model's own, in units of {units}"
        + (f"; PSNR at a peak of {peak:g}." if peak else "."),
        table(["kind", "file", "largest", "mean", "PSNR (dB)", "examples"], rows),
    ]
    latency = card["latency"]
    if latency and interface.lite is None:
        parts.append(
            "Time of one call over one of the SavedModel's, at batch "
            f"{latency['batch_size']} on {latency['threads']} threads (medians of "
            f"{latency['runs']} runs each, taken in turns, so that the machine's other work slows "
            "all alike):"
        )
        ratios = sorted(latency["ratios"].items(), key=lambda item: item[1])
        rows = [[name, f"{ratio:.2f}"] for name, ratio in ratios]
        parts.append(table(["runtime", "time"], rows))
    return parts


def _apart(entry) -> list[str]:
    equal = "equal" if entry["max_abs"] == 0 else ""
    psnr = equal if entry["psnr"] is None else number(entry["psnr"])
    return [number(entry["max_abs"]), number(entry["mean_abs"]), psnr, number(entry["n"])]


def _load(card, interface) -> list[str]:
    files = codecs.files(interface)
    lines = ["import tensorflow as tf", "", f'model = tf.saved_model.load("{card["version"]}")']
    lines += dict.fromkeys(file.load for file in files.values())
    signature = _file_signature(interface)
    if signature:
        lines += call(f'model.signatures["{signature}"]', _tensors(interface))
        for name, form, key in _file_outputs(interface):
            source = form.save if form.encode else codecs.Form.save
            lines += [f'files = found["{key or name}"]', source]
    else:
        lines += _plain_call(interface)
    return [
        "## Load",
        "It takes TensorFlow and nothing else. In this folder:",
        block("python", "\n".join(lines)),
        _signature("serving_default", interface),
        *(f"{_signature(o.name, o)} {o.about}".rstrip() for o in interface.also),
        *interface.said_of_sizes(),
        *_bounds(interface),
    ]


def _signature(name, interface) -> str:
    """What the signature of an interface takes and gives."""
    taken = " and ".join(_described(interface.opened(item)) for item in interface.inputs)
    given = " and ".join(
        f"`{o.name}`, {o.dtype} [{_shape(o.shape)}]" + (" in [-1,1]" if o.kind == "image" else "")
        for o in map(interface.opened, interface.outputs)
    )
    return f"The signature `{name}` takes {taken}; it gives {given}."


def _bounds(interface) -> list[str]:
    """What a request must keep to, which the graph itself enforces."""
    limits, sentences = guards.limits(interface), []
    files = codecs.files(interface)
    if limits["examples"]:
        asked = "files" if files else f"`{_asked(interface)}`"
        signature = _file_signature(interface)
        where = f"`{signature}`" if signature else "a request"
        count = "one file" if interface.any_size else f"1 to {limits['examples']:,} {asked}"
        sentences.append(f"{where} takes {count}")
    if limits["latents"]:
        sentences.append(f"`latents` draws up to {limits['latents']:,} in one request")
    if limits["pixels"]:
        most = f"up to {limits['pixels']:,} pixels"
        sentences.append(
            f"all pictures of a request have {most} together, and a file"
            if interface.any_size
            else f"a file has {most} and"
        )
        sentences[-1] += (
            " is read as it was for training, its EXIF orientation applied, of an animation the "
            "first frame"
        )
    if not sentences:
        return []
    text = "; ".join(sentences)
    return [
        f"{text[0].upper()}{text[1:]}. Other shapes, values that are not finite, labels beyond the "
        "classes and files that would not be read as for training are errors of that request."
    ]


def _asked(interface) -> str:
    """The input that says how many examples are wanted."""
    return _counter(interface) if interface.latents else interface.first("count").name


def _serve(card, interface) -> list[str]:
    name, signature = card["name"], _file_signature(interface) or "serving_default"
    files, values = codecs.files(interface), {}
    drawn = interface.latents if not files else None
    if drawn and signature != "serving_default":
        values = {_counter(interface): EXAMPLES, "seed": 0}
    for item in interface.inputs:
        if item.name in files:
            values[_file_name(interface, item)] = [{"b64": files[item.name].request}]
        elif item.kind == "state":  # too many zeros to be read
            values[item.name] = f"$({item.name})"
        elif signature == "serving_default" or item is not drawn:
            values |= _json(item, drawn and signature != "serving_default")
    request = json.dumps({"signature_name": signature, "inputs": values})
    for item in interface.inputs:
        zeros = "0.0" + "".join(f"]*{side}" for side in (*item.shape[::-1], 1))
        made = f"$(python3 -c 'print({'[' * (1 + len(item.shape))}{zeros})')"
        request = request.replace(f'"$({item.name})"', made)
    answers = {"encoded": "PNG files in base64", "text": "texts"}
    return [
        "## Serve",
        "With TensorFlow Serving, in this folder:",
        block(
            "sh",
            f'docker run -p 8501:8501 -v "$PWD:/models/{name}" -e MODEL_NAME={name} \\\n'
            "    tensorflow/serving",
        ),
        f"and a client, whose answer holds {answers.get(signature, 'numbers')}:"
        if any(form.encode for form in codecs.forms(interface).values())
        else "and a client, whose answer holds numbers:",
        block(
            "sh",
            f"curl http://localhost:8501/v1/models/{name}:predict -d @- <<END\n{request}\nEND",
        ),
    ]


def _phone(interface, file) -> list[str]:
    load = [
        f'interpreter = tf.lite.Interpreter("{file}")',
        'generate = interpreter.get_signature_runner("serving_default")',
    ]
    given = ", ".join(f"{item.name}={item.name}" for item in interface.served_by_tflite.inputs)
    found = [f"found = generate({given})"]
    return [
        "## On a phone",
        "The LiteRT runtime of Android and iOS reads the file as it is: one example at a time, "
        "unless `resize_tensor_input` asks for more. The same in Python, where "
        "`ai_edge_litert.interpreter.Interpreter` can stand for `tf.lite.Interpreter`, in this "
        "folder:",
        block("python", _one_call(interface, "import tensorflow as tf", load, found)),
        *([interface.lite_note] if interface.lite_note else []),
    ]


def _onnx(interface, file) -> list[str]:
    load = [f'session = onnxruntime.InferenceSession("{file}")']
    lite = interface.served_by_tflite
    given = ", ".join(f'"{item.name}": {item.name}' for item in lite.inputs)
    names = [output.name for output in lite.outputs]
    called = [onnx_file.output_name(interface, name) for name in names]
    found = [f"found = dict(zip({names}, session.run({called}, {{{given}}})))"]
    return [
        "## With ONNX Runtime",
        "Any number of examples at a time; it takes onnxruntime and nothing of TensorFlow:",
        block("python", _one_call(interface, "import onnxruntime", load, found)),
    ]


def _one_call(interface, imported, load, call) -> str:
    """Python source that makes one example of each input, calls, and shows the outputs."""
    lite = interface.served_by_tflite
    lines, pictures = [], False
    for item in lite.inputs:
        if item.kind in codecs.FILES:
            lines.append(codecs.FILES[item.kind].read(item))
            pictures = True
        elif item.prior is not None:
            lines.append(f"{item.name} = np.float32({item.prior.code})")
        elif item.batched:
            value = (
                f"np.full([1], {_label(item)}"
                if item.kind == "class"
                else (f"np.zeros({[1, *item.shape]}")
            )
            lines.append(f"{item.name} = {value}, np.{item.dtype})")
        else:
            lines.append(f"{item.name} = np.{item.dtype}({item.default or 0})")
    lines += call
    for output in lite.outputs:
        lines += [f'output = found["{output.name}"][0]', codecs.OUTPUTS[output.kind].show]
        pictures |= output.kind == "image"
    imports = ["import numpy as np", imported, *(["from PIL import Image"] * pictures)]
    return "\n".join([*imports, "", *load, *lines])


def _file_signature(interface) -> str | None:
    """The signature that takes or gives files, if there is one; as `signatures.build` names it."""
    forms = codecs.forms(interface).values()
    name = next((form.signature for form in forms if form.signature), None)
    return name or ("encoded" if codecs.files(interface) else None)


def _file_outputs(interface):
    """(name, form, name among files or None) of each output of that signature."""
    forms = codecs.forms(interface)
    encoded = [name for name, form in forms.items() if form.encode]
    for name, form in forms.items():
        key = None
        if form.encode:
            key = form.file if len(encoded) == 1 else f"{name}_{form.file}"
        yield name, form, key


def _file_name(interface, item) -> str:
    files = codecs.files(interface)
    return files[item.name].name if len(files) == 1 else f"{item.name}_bytes"


def _tensors(interface) -> list[str]:
    """The arguments of that signature, as Python source."""
    files = codecs.files(interface)
    drawn = interface.latents if not files else None
    values = []
    if drawn:
        values = [f"{_counter(interface)}=tf.constant({EXAMPLES})", "seed=tf.constant(0)"]
    for item in interface.inputs:
        if item is drawn:
            continue
        if item.name in files:
            values.append(f"{_file_name(interface, item)}=tf.stack([{files[item.name].variable}])")
        elif drawn and item.kind == "class":
            values.append(f"label=tf.constant({_label(item)})")
        else:
            values.append(f"{item.name}={_tensor(item)}")
    return values


def _plain_call(interface) -> list[str]:
    if interface.latents:
        counted = f"{_counter(interface)}=tf.constant({EXAMPLES}), seed=tf.constant(0)"
        lines = [f'inputs = model.signatures["latents"]({counted})']
        lines.append('found = model.signatures["serving_default"](**inputs)')
    else:
        values = [f"{item.name}={_tensor(item)}" for item in interface.inputs]
        lines = call('model.signatures["serving_default"]', values)
    return lines + [f'print(found["{output.name}"].numpy())' for output in interface.outputs]


def _tensor(item) -> str:
    if item.batched:
        return f"tf.zeros({[1, *item.shape]}, tf.{item.dtype})"
    value = EXAMPLES if item.kind == "count" else item.default or 0
    return f"tf.constant({value}, tf.{item.dtype})"


def _json(item, drawn) -> dict:
    if item.kind == "class":
        return {"label": _label(item)} if drawn else {item.name: [_label(item)]}
    value = codecs.example(item).tolist()
    return {item.name: EXAMPLES if item.kind == "count" else value}


def _label(item) -> int:
    return min(LABEL, item.classes - 1)


def _counter(interface) -> str:
    return next(iter(codecs.forms(interface).values())).counted


def _described(item) -> str:
    shape = f"[{_shape(item.shape)}]" if item.batched else "[]"
    ends = {
        "class": _numbers(item) if item.classes else "",
        "image": " in [-1,1]",
        "label_map": " in [-1,1]",
        "mask": ", above 0.5 where pixels are missing",
    }
    return f"`{item.name}`, {item.dtype} {shape}{ends.get(item.kind, '')}"


def _numbers(item) -> str:
    """From which number to which a class goes, and what each means where that is soon said."""
    span = f" from 0 to {item.classes - 1}"
    if not item.names:
        return span
    few = item.classes <= SOON_SAID
    return f"{span} ({', '.join(named(item.names)) if few else 'named under Data'})"


def _shape(shape) -> str:
    return ",".join("any" if side is None else str(side) for side in ("B", *shape))


def _flagfile(flags: Mapping) -> str:
    lines = []
    for name, value in flags.items():
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, list):
            value = ",".join(map(str, value))
        # absl has no way to write None: a flag that is not there keeps it.
        if value is not None:
            lines.append(f"--{name}={value}")
    return "\n".join(lines)
