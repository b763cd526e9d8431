"""Signatures of an exported model: what a client sends and gets, from its interface alone.

Picture files and texts are handled inside the graph, so that a client needs no code of ours:
decode, resize, normalise, generate, encode. String tensors that carry binary data have names that
end in `_bytes`: TensorFlow Serving's REST interface then writes them as {"b64": ...}.
"""

import tensorflow as tf

from tfgan_zoo.export import codecs, guards
from tfgan_zoo.export.interface import Interface

SEED = tf.TensorSpec([], tf.int32, name="seed")


def build(interface: Interface) -> dict:
    """Name -> `tf.function` with an input signature and an open batch, for `saved_model.save`.

    serving_default: the inputs by name -> the outputs by name. For a generator of pictures
      {"latents": float32 [B,Z]} -> {"images": float32 [B,H,W,C] in [-1,1]}, with "labels" int32
      [B] beside the latents where it takes classes; for a translation "images" -> "images".
    encoded, where an input or an output is a file: pictures come as "image_bytes", string [B],
      each PNG, JPEG, WebP, BMP or GIF (its first frame) of any number of channels and up to
      `guards.PIXELS` pixels, read as the data room reads it, EXIF orientation and palettes
      included; what is transparent in a photograph is laid on white. What would be read otherwise
      is refused. Latents are drawn instead of sent: "num_images" and "seed", int32 [], and one
      "label", int32 [], for all. Pictures leave as "png_bytes", string [N].
    text, the same where the output is tokens: "text", string [N].
    latents, where an input has a prior: {"num_images", "seed"} -> {"latents": float32 [N,Z]},
      draws from the prior, which who scores or explores the generator would otherwise have to
      guess, and "labels" that name the classes in turn where it takes classes. The number is
      called "num_points" or else by what is drawn (`codecs.OUTPUTS`).
    sample, where there is noise: the inputs and "seed" -> the outputs: one draw of the noise.
    the name of each further function (`Interface.also`): its inputs by name -> its outputs by name.

    Of an interface with `any_size` pictures are taken at their own size: a file is not resized, and
    there is one in a request.

    Each refuses what its inputs do not say (`guards`): other shapes, values that are not finite,
    labels beyond the classes, more examples than one request may have.

    Raises ValueError if the interface's functions return other outputs, dtypes or shapes than it
    says, or if it has a kind that cannot be exported.
    """
    forms, files = codecs.forms(interface), codecs.files(interface)
    specs = [interface.opened(item).spec() for item in interface.inputs]

    def serving_default(*values):
        return answer(interface, _named(specs, values))

    signatures = {"serving_default": _function(serving_default, specs)}
    drawn = interface.latents if not files else None
    name = next((form.signature for form in forms.values() if form.signature), None)
    if files or name:
        signatures[name or "encoded"] = _of_files(interface, forms, files, drawn)
    if drawn:
        count = _counter(forms)

        def latents(number, seed):
            number = guards.number_of(count.name, number, guards.most_latents(drawn))
            values = {drawn.name: draw_latents(drawn, number, seed)}
            for item in interface.inputs:
                if item.kind == "class":
                    values[item.name] = tf.range(number) % item.classes
            return values

        signatures["latents"] = _function(latents, [count, SEED])
    if interface.noise is not None:

        def sample(*values):
            *values, seed = values
            inputs = guards.checked(interface, _named(specs, values))
            return guards.finite(interface.draw(tf.ensure_shape(seed, []), **inputs))

        signatures["sample"] = _function(sample, [*specs, SEED])
    for other in interface.also:
        signatures[other.name] = _further(other)
    return signatures


def _further(other):
    specs = [item.spec() for item in other.inputs]

    def further(*values):
        return answer(other, _named(specs, values))

    return _function(further, specs)


def answer(interface, inputs) -> dict:
    """The outputs by name of inputs by name, both refused where they are not as described."""
    return guards.finite(interface(**guards.checked(interface, inputs)))


def draw_latents(item, number, seed):
    """float32 `[number, Z]` from the prior of a latents input; `number` and `seed` int32 `[]`.

    Raises ValueError if the prior's `sample` returns another dtype or shape.
    """
    seed = tf.stack([tf.ensure_shape(seed, []), 0])
    latents = tf.convert_to_tensor(item.prior.sample(number, seed))
    if latents.dtype != tf.float32 or not latents.shape.is_compatible_with([None, *item.shape]):
        raise ValueError(
            f"The prior must give float32 of shape {[None, *item.shape]}, "
            f"not {latents.dtype.name} of shape {latents.shape}."
        )
    return tf.ensure_shape(latents, [None, *item.shape])


def _of_files(interface, forms, files, drawn):
    """The signature whose inputs and outputs are files where their kinds have any."""
    counter, most = _counter(forms), guards.most_examples(interface)
    specs = [counter, SEED] if drawn else []
    for item in interface.inputs:
        if item is drawn:
            continue
        if item.name in files:
            name = files[item.name].name if len(files) == 1 else f"{item.name}_bytes"
            specs.append(tf.TensorSpec([None], tf.string, name=name))
        elif drawn and item.kind == "class":
            specs.append(tf.TensorSpec([], tf.int32, name="label"))
        else:
            specs.append(item.spec())

    def of_files(*values):
        values = list(values)
        number, seed = (values.pop(0), values.pop(0)) if drawn else (None, None)
        if drawn:
            number = guards.number_of(counter.name, number, most)
        inputs = {}
        for item in interface.inputs:
            if item is drawn:
                inputs[item.name] = draw_latents(item, number, seed)
                continue
            value = values.pop(0)
            if item.name in files:
                value = _read(files[item.name], interface.opened(item), value, most)
            elif drawn and item.kind == "class":
                value = tf.ensure_shape(value, [])
                value = guards.after([guards.within(item, value, "label")], value)
                value = tf.fill([number], value)
            inputs[item.name] = value
        outputs = answer(interface, inputs)
        encoded = [output for output in interface.outputs if forms[output.name].encode]
        for output in encoded:
            form = forms[output.name]
            name = form.file if len(encoded) == 1 else f"{output.name}_{form.file}"
            outputs[name] = form.encode(outputs.pop(output.name), output)
        return outputs

    return _function(of_files, specs)


def _read(file, item, contents, most):
    """`[B, *shape]` of the files in a string `[B]`."""
    contents = tf.ensure_shape(contents, [None])
    count = guards.number_of(f"The number of {file.name}", tf.shape(contents)[0], most)
    return tf.map_fn(
        lambda content: file.decode(content, item),
        guards.after([count], contents),
        fn_output_signature=tf.TensorSpec(item.shape, tf.as_dtype(item.dtype)),
        parallel_iterations=1,  # the memory of one large picture at a time
    )


def _counter(forms):
    return tf.TensorSpec([], tf.int32, name=next(iter(forms.values())).counted)


def _named(specs, values):
    return {spec.name: value for spec, value in zip(specs, values, strict=True)}


def _function(function, specs):
    """A tf.function of these specs, traced now so that a wrong model fails here."""
    function = tf.function(function, input_signature=specs, autograph=False)
    function.get_concrete_function()
    return function
