"""A TFLite model as graphs that can be rewritten: tensors, constants and built-in operators."""

from collections.abc import Callable

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

OPERATOR = schema.BuiltinOperator
NO_ACTIVATION = schema.ActivationFunctionType.NONE
_DTYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.FLOAT16: np.float16,
}
_TYPES = {np.dtype(dtype): number for number, dtype in _DTYPES.items()}


def read(content: bytes) -> schema.ModelT:
    """The model in a file's content."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))


def write(model: schema.ModelT) -> bytes:
    """The content of a model's file."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def changed(content: bytes, change: Callable) -> bytes:
    """The file once `change` was called with the `Graph` of the model, and with those of the loops
    and branches in it; without constants and kinds of operators that it does not need any more.
    """
    model = read(content)
    for number in range(len(model.subgraphs)):
        change(Graph(model, number))
    used, codes = {entry.buffer for entry in model.metadata or ()}, {}
    for graph in model.subgraphs:
        ends = [graph.inputs, graph.outputs]
        for operator in graph.operators:
            ends += [operator.inputs, operator.outputs]
            operator.opcodeIndex = codes.setdefault(operator.opcodeIndex, len(codes))
        tensors = {tensor for side in ends for tensor in side if tensor >= 0}
        used |= {graph.tensors[tensor].buffer for tensor in tensors}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None
    model.operatorCodes = [model.operatorCodes[number] for number in codes]
    return write(model)


class Graph:
    """The operators of one subgraph in the order in which they run, and what is between them.

    A tensor is its number. Passes change `operators`, the list, and what the operators hold.

    Args:
      model: of which it is.
      number: among the model's subgraphs.
    """

    def __init__(self, model: schema.ModelT, number: int = 0):
        self._model, self._graph = model, model.subgraphs[number]

    @property
    def operators(self) -> list:
        """In the order in which they run; changing the list changes the graph."""
        return self._graph.operators

    @property
    def outputs(self) -> list[int]:
        """The tensors that the graph gives."""
        return list(self._graph.outputs)

    def name(self, tensor: int) -> str:
        """What the converter called a tensor."""
        return self._graph.tensors[tensor].name.decode()

    def code(self, operator) -> int:
        """What an operator does, of `OPERATOR`."""
        code = self._model.operatorCodes[operator.opcodeIndex]
        return max(code.builtinCode, code.deprecatedBuiltinCode)

    def shape(self, tensor: int) -> list[int]:
        """The sides of a tensor."""
        shape = self._graph.tensors[tensor].shape
        return [] if shape is None else [int(side) for side in shape]

    def set_shape(self, tensor: int, shape) -> None:
        """Gives a tensor other sides; a constant keeps its numbers."""
        self._graph.tensors[tensor].shape = list(shape)

    def constant(self, tensor: int) -> np.ndarray | None:
        """The numbers of a constant of a known type; None of another tensor, or of none (-1)."""
        if tensor < 0:
            return None
        kept = self._graph.tensors[tensor]
        data = self._model.buffers[kept.buffer].data
        if data is None or not len(data) or kept.type not in _DTYPES:
            return None
        return np.frombuffer(np.asarray(data, np.uint8).tobytes(), _DTYPES[kept.type]).reshape(
            self.shape(tensor)
        )

    def tensor(self, name: str, shape, dtype=np.float32) -> int:
        """A new tensor that an operator is to fill; a number is added to the name."""
        return self._add(name, shape, dtype, 0)

    def new_constant(self, name: str, values) -> int:
        """A new tensor that holds numbers."""
        values = np.ascontiguousarray(values)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._add(name, values.shape, values.dtype, len(self._model.buffers) - 1)

    def _add(self, name, shape, dtype, buffer):
        tensor = schema.TensorT()
        tensor.name = f"{name}/{len(self._graph.tensors)}".encode()
        tensor.shape = [int(side) for side in shape]
        tensor.type, tensor.buffer = _TYPES[np.dtype(dtype)], buffer
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def operator(self, code: int, inputs, output: int, options=None, version: int = 1):
        """A new operator, which is yet to be put among `operators`.

        Args:
          code: of `OPERATOR`.
          inputs, output: tensors.
          options: of the schema, such as `schema.Conv2DOptionsT()`; None for an operator without.
          version: of the operator, from which on it does what is asked of it.
        """
        made = schema.OperatorT()
        made.opcodeIndex = self._opcode(code, version)
        made.inputs, made.outputs = list(inputs), [output]
        if options is not None:
            kind = type(options).__name__.removesuffix("T")
            made.builtinOptions = options
            made.builtinOptionsType = vars(schema.BuiltinOptions)[kind]
        return made

    def _opcode(self, code, version):
        for number, known in enumerate(self._model.operatorCodes):
            if max(known.builtinCode, known.deprecatedBuiltinCode) == code:
                known.version = max(known.version, version)
                return number
        made = schema.OperatorCodeT()
        made.builtinCode, made.deprecatedBuiltinCode, made.version = code, min(code, 127), version
        self._model.operatorCodes.append(made)
        return len(self._model.operatorCodes) - 1

    def producers(self) -> dict:
        """Tensor -> the operator that fills it."""
        return {out: operator for operator in self.operators for out in operator.outputs}

    def readers(self, tensor: int) -> list:
        """The operators that read a tensor."""
        return [operator for operator in self.operators if tensor in list(operator.inputs)]

    def all(self, code: int) -> list:
        """The operators of one kind."""
        return [operator for operator in self.operators if self.code(operator) == code]

    def alone(self, tensor: int) -> bool:
        """Whether one operator alone reads a tensor."""
        return len(self.readers(tensor)) == 1 and tensor not in self.outputs

    def feeds_one(self, operator, code: int) -> bool:
        """Whether an operator (or None) is of that kind, has no activation, and gives to one other
        operator alone.
        """
        if operator is None or self.code(operator) != code:
            return False
        plain = operator.builtinOptions.fusedActivationFunction == NO_ACTIVATION
        return plain and self.alone(operator.outputs[0])

    def replace(self, old, new) -> None:
        """Puts operators in the place of one."""
        place = next(i for i, operator in enumerate(self.operators) if operator is old)
        self.operators[place : place + 1] = new

    def read_instead(self, old: int, new: int) -> None:
        """Makes all readers of one tensor read another."""
        for operator in self.operators:
            operator.inputs = [new if i == old else i for i in operator.inputs]
