# ruff: noqa: E501  (a body is one line here, however many it has there)
"""Bodies of Lambda layers, each in the words of every Python that can say it.

`f` takes one tensor `x` of shape (2, 3, 4), or a list of three such tensors `xs`. tests/oracles/write_bytecode.py has each
interpreter compile them; the tests compare what our reader and interpreter make of it with what Python computes.
"""

from __future__ import annotations

PLAIN = {
    "scale": "f = lambda x: x / 127.5 - 1",
    "reversed operands": "f = lambda x: 1 - 2 / (3 + 4 * x)",
    "powers": "f = lambda x: -x ** 2 + 2.0 ** x",
    "floor and remainder": "f = lambda x: x // 0.5 + x % 0.25",
    "absolute": "f = lambda x: abs(x)",
    "compare": "f = lambda x: K.cast(x > 0.5, 'float32') + K.cast(0 >= x, 'float32')",
    "logic": "f = lambda x: tf.cast((x > 0) & ~(x > 1) | (x < -1), 'float32')",
    "distance": "f = lambda xs: K.sqrt(K.sum(K.square(xs[0] - xs[1]), axis=-1, keepdims=True))",
    "named arguments": "f = lambda x: K.mean(x, keepdims=True, axis=1)",
    "first step": "f = lambda x: x[:, 0]",
    "last step": "f = lambda x: x[:, -1, :]",
    "slices": "f = lambda x: x[:, ::-1, 1:3] + x[..., :2][:, 0:3:1]",
    "new axes": "f = lambda x: x[:, None] + x[..., tf.newaxis, 0:4][:, :, 0:1]",
    "plain slices": "f = lambda xs: xs[1:][0] + xs[:2][1] + xs[0:1][0] + xs[:][2]",
    "unpacking": "def f(xs):\n    a, b, c = xs\n    return a * b - c\n",
    "swapping": "def f(xs):\n    a, b, c = xs\n    a, b = b, a\n    a, b, c = c, a, b\n    return a - 2 * b + 3 * c\n",
    "variables": "def f(x):\n    a = x + 1\n    b = a * a\n    a = b - x\n    return a / (b + 1)\n",
    "augmented": "def f(x):\n    y = x\n    y += 1\n    y *= 2\n    y -= x\n    y /= 3\n    y **= 2\n    return y\n",
    "default": "f = lambda x, n=3, m=0.5: x * n + m",
    "shape": "f = lambda x: tf.reshape(x, (-1, x.shape[1] * x.shape[2]))",
    "shape as list": "f = lambda x: K.reshape(x, [-1] + x.get_shape().as_list()[2:])",
    "int_shape": "f = lambda x: K.reshape(x, (-1, K.int_shape(x)[1] * K.int_shape(x)[2]))",
    "run-time shape": "f = lambda x: tf.reshape(x, [tf.shape(x)[0], -1])",
    "concatenate": "f = lambda xs: K.concatenate([xs[0], xs[1] * 2] + xs[2:], axis=-1)",
    "stack": "f = lambda xs: tf.stack([xs[0], xs[2]], axis=1)",
    "conditional expression": "def f(x, n=3):\n    return x + 1 if n > 2 else x - 1\n",
    "other branch": "def f(x, n=1):\n    return x + 1 if n > 2 else x - 1\n",
    "and, or, not": "def f(x, a=0, b=2, c=None):\n    return x * (a or b) + (a and 5 or 7) - (3 if not c else 4)\n",
    "if statement": (
        "def f(x, mode='max'):\n    if mode == 'mean':\n        return K.mean(x, axis=1)\n"
        "    elif mode == 'max':\n        y = K.max(x, axis=1)\n    else:\n        y = K.min(x, axis=1)\n    return y + 1\n"
    ),
    "is None": "def f(x, y=None):\n    if y is None:\n        y = 2\n    if x is not None:\n        return x * y\n    return y\n",
    "membership": "def f(x, n='b'):\n    return x + (1 if n in ('a', 'b') else 2) + (1 if n not in ['c'] else 2)\n",
    "chained comparison": "def f(x, n=2):\n    return x * (1 if 0 < n < 3 else 5) * (2 if 0 < n < 2 <= n else 3)\n",
    "for range": "def f(x):\n    y = x\n    for i in range(3):\n        y = y * x + i\n    return y\n",
    "for tensors": "def f(xs):\n    total = 0\n    for i, x in enumerate(xs):\n        total = total + x * (i + 1)\n    return total\n",
    "break and continue": (
        "def f(x):\n    y = x\n    for i in range(10):\n        if i == 2:\n            continue\n"
        "        if i > 4:\n            break\n        y = y + i\n    else:\n        y = y * 0\n    return y\n"
    ),
    "for else": "def f(x):\n    for i in [1, 2]:\n        x = x + i\n    else:\n        x = x * 2\n    return x\n",
    "nested loops": (
        "def f(x):\n    y = []\n    for i in range(2):\n        for j in range(3):\n            if j == 2:\n"
        "                break\n            y.append(x[:, i:i + 1, j:j + 1])\n    return K.concatenate(y, axis=1)\n"
    ),
    "return from a loop": "def f(x):\n    for i in range(5):\n        if i == 3:\n            return x * i\n    return x\n",
    "while": "def f(x):\n    n = 5\n    while n > 2:\n        n -= 1\n        x = x * n\n    return x\n",
    "while true": "def f(x):\n    n = 0\n    while True:\n        n += 1\n        if n > 3:\n            break\n    return x * n\n",
    "list comprehension": "f = lambda x: K.stack([x[:, i] * i for i in range(3)], axis=1)",
    "filtered comprehension": "f = lambda xs: sum([x * 2 for x in xs if x is not xs[1]])",
    "nested comprehension": "f = lambda x: K.stack([x[:, i, j] for i in range(3) for j in range(4) if i != j], axis=-1)",
    "dictionary comprehension": "f = lambda x: {k: x * k for k in (1, 2)}[2]",
    "set comprehension": "f = lambda x: x * sum({i % 2 for i in range(5)})",
    "generator": "f = lambda xs: sum(x * 2 for x in xs)",
    "generator to a tuple": "f = lambda x: K.tile(x, tuple(i + 1 for i in range(3)))",
    "inner lambda": "f = lambda x: (lambda a, b=2: a * b + x)(x + 1)",
    "inner function": "def f(x):\n    def g(a, s=3):\n        return a * s + x\n    return g(x) + g(x, 2) + g(a=x, s=1)\n",
    "shared variable": "def f(x):\n    n = 1\n    g = lambda a: a * n\n    n = 5\n    return g(x)\n",
    "map and zip": "f = lambda xs: sum(map(lambda p: p[0] * p[1], zip(xs, [1, 2, 3])))",
    "star arguments": "def f(xs):\n    g = lambda a, b, c: a - b * c\n    return g(*xs)\n",
    "double star": "def f(x):\n    g = lambda a, b=1, **k: a * b + k['c']\n    return g(x, **{'b': 2, 'c': 3})\n",
    "gathered arguments": "def f(xs):\n    def g(first, *rest, **named):\n        return first + len(rest) + named['k']\n    return g(xs[0], 1, 2, k=4)\n",
    "dictionary": "def f(x):\n    d = {'a': 1, 'b': x}\n    d['c'] = 3\n    return d['b'] * d['c'] + d.get('a')\n",
    "list methods": "def f(xs):\n    ys = []\n    for x in xs:\n        ys.append(x)\n    ys.extend([xs[0]])\n    return sum(ys[::-1])\n",
    "plain builtins": "f = lambda x: x * max(1, 2) + min([3, 4]) - len('abc') + int(2.9) + round(2.6) + abs(-3) + float('1.5')",
    "sorted and reversed": "f = lambda x: x + sorted([3, 1, 2])[0] + list(reversed([1, 2]))[0]",
    "isinstance": "f = lambda x: x if not isinstance(x, (list, tuple)) else x[0]",
    "list of tensors or one": "f = lambda xs: xs[0] if isinstance(xs, list) else xs",
    "math": "f = lambda x: x * math.sqrt(2) + math.pi - math.log(math.e)",
    "numpy": "f = lambda x: x * np.sqrt(2.0) + np.pi + np.array([1.0, 2.0, 3.0, 4.0])",
    "numpy scalar": "f = lambda x: x * np.float32(0.5) + np.prod([2, 3])",
    "dtype": "f = lambda x: tf.cast(tf.cast(x, tf.int32), x.dtype) + tf.cast(x, dtype=tf.float32)",
    "nested names": "f = lambda x: tf.keras.backend.sum(tf.nn.relu(x), axis=-1) + K.tf.reduce_max(x, axis=2)",
    "import inside": "def f(x):\n    import tensorflow as tf\n    from keras import backend as K\n    return tf.square(x) + K.exp(x)\n",
    "import a module": "def f(x):\n    import keras.backend as KK\n    import math\n    return KK.relu(x) * math.pi\n",
    "map_fn": "f = lambda x: K.map_fn(lambda row: row * 2, x)",
    "large constant": "f = lambda x: x * 1e-7 + 12345678901234567890 * 1e-20",
    "attention": (
        "def f(xs):\n    q, k, v = xs\n    scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(4)\n"
        "    return tf.matmul(tf.nn.softmax(scores, axis=-1), v)\n"
    ),
    "many": "def f(x):\n" + "".join(f"    x = x + {n}.5\n" for n in range(300)) + "    return x\n",
    "jump far": "def f(x, n=1):\n    for i in range(2):\n        if n:\n" + "".join(f"            x = x + {n}\n" for n in range(90)) + "    return x\n",
    "several results": "f = lambda x: [x + 1, (x * 2, x)]",
    "normalise": "f = lambda x: K.l2_normalize(x - K.mean(x, axis=1, keepdims=True), axis=-1)",
    "slice object": "f = lambda x: x[(slice(None), slice(0, 2), Ellipsis)]",
    "getattr": "f = lambda x: getattr(K, 'square')(x)",
    "raise in a branch": "def f(x, n=2):\n    if n > 3:\n        raise ValueError('n')\n    return x * n\n",
    "array items": "def f(x):\n    a = np.zeros((2, 4))\n    a[:, 0::2] = 3.0\n    a[0] = [1, 2, 3, 4]\n    return x * a.sum()\n",
    "triangle": "f = lambda x: x * np.tril(np.ones((4, 4)))[1]",
    "no array": "f = lambda x: x * 2 if isinstance(x, np.ndarray) else x",
    "fields": "f = lambda x: tf.nn.top_k(x, k=2).values + tf.nn.top_k(x, 2)[0]",
    "grid": "f = lambda x: x * tf.meshgrid(tf.range(4.0), tf.range(3.0))[0] + np.meshgrid([0, 1, 2, 3], [1, 2, 3])[1]",
    "text": "def f(x):\n    name = 'a_%d_{}_%5.1f' % (3, 2)\n    return x * len(name.format('b')) + len('%s' % x.shape[1])\n",
    "scopes": (
        "def f(x):\n    with tf.name_scope('a') as scope:\n        y = x * 2\n"
        "        with K.name_scope(scope):\n            y = y + 1\n    return y\n"
    ),
    "return from a scope": "def f(x):\n    with tf.name_scope('a'):\n        return x * 2\n",
    "scope in a loop": "def f(x):\n    for i in range(3):\n        with tf.name_scope('a'):\n            x = x + i\n    return x\n",
    "try": "def f(x):\n    try:\n        y = x * 2\n    except AttributeError:\n        y = x * 3\n    return y\n",
    "try, else": "def f(x):\n    try:\n        y = x * 2\n    except (KeyError, ValueError) as error:\n        raise error\n    else:\n        y = y + 1\n    return y\n",
    "try, finally": "def f(x):\n    try:\n        y = x * 2\n    finally:\n        x = x + 1\n    return y + x\n",
    "reduce": "def f(x):\n    import functools\n    return functools.reduce(lambda a, b: a * b + x, [2, 3], x)\n",
    "try nothing": "def f(x):\n    assert len(x.shape) == 3, 'rank'\n    return x\n",
}  # fmt: skip
CLOSED = {
    "closure": "def outer(n, names):\n    return lambda x: x * n + len(names)\nf = outer(4, ['a', 'b'])\n",
}
PYTHON_3 = {
    "keyword only": "def f(x, *, n=2):\n    g = lambda a, *, s: a * s\n    return g(x, s=n)\n",
    "starred unpacking": "def f(xs):\n    a, *rest = xs\n    return a + sum(rest)\n",
    "matmul": "f = lambda x: x @ K.permute_dimensions(x, (0, 2, 1))",
    "joined lists": "f = lambda xs: K.concatenate([*xs, xs[0]], axis=1)",
    "joined calls": "def f(xs):\n    g = lambda a, b, c, d=0, e=0: a + b * c + d - e\n    return g(*xs[:1], *xs[1:], **{'d': 1}, **{'e': 2})\n",
    "nonlocal": "def f(x):\n    n = 1\n    def g():\n        nonlocal n\n        n += 2\n        return n\n    g()\n    return x * g() * n\n",
    "joined dictionaries": "f = lambda x: x * {**{'a': 2}, 'b': 3}['a']",
    "true division": "f = lambda x: x * (1 / 2)",
    "printed": "def f(x):\n    print('shape', x.shape, sep=' ')\n    return x\n",
}
PYTHON_38 = {
    "positional only": "def f(x, n=3, /):\n    g = lambda a, /, b: a * b\n    return g(x, b=n)\n",
    "f-string": "def f(x):\n    n = 3\n    return x * len(f'a{n}_{n!r:>4}{x.shape[1]:d}{n:.2f}')\n",
    "assignment expression": "f = lambda x: (y := x + 1) * y",
}
PYTHON_2 = {
    "whole division": "f = lambda x: x * (7 / 2)",
    "long": "f = lambda x: x * 3L + len(u'ab')",
    "tuple argument": "f = lambda (a, b, c): a * b - c",
    "print": "def f(x):\n    print x\n    return x\n",
}
# Bodies that must not be followed to their end; 3.11 writes them.
HOSTILE = {
    "endless loop": "def f(x):\n    while True:\n        x = x\n    return x\n",
    "endless recursion": "def f(x):\n    g = lambda a: g(a)\n    return g(x)\n",
    "mutual recursion": "def f(x):\n    g = lambda a: h(a)\n    h = lambda a: [g(a) for _ in (1,)]\n    return g(x)\n",
    "power": "def f(x):\n    n = 9\n    return x * n ** n ** n\n",
    "shift": "def f(x):\n    n = 1\n    return x * (n << 10 ** 10)\n",
    "product": "def f(x):\n    n = 3\n    for i in range(100):\n        n = n * n\n    return x * n\n",
    "text": "def f(x):\n    a = 'a'\n    return a * 10 ** 9\n",
    "list": "def f(x):\n    return [0] * 10 ** 9\n",
    "range to a list": "f = lambda x: list(range(10 ** 12))",
    "sum of a range": "f = lambda x: sum(range(10 ** 12))",
    "growing list": "def f(x):\n    a = [1]\n    for i in a:\n        a.append(i)\n    return a\n",
    "doubling list": "def f(x):\n    a = [1]\n    for i in range(100):\n        a += a\n    return a\n",
    "doubling tuple": "def f(x):\n    a = 1\n    for i in range(100):\n        a = (a, a)\n    return a == a[0]\n",
    "doubling tuple as a key": "def f(x):\n    a = 1\n    for i in range(40):\n        a = (a, a)\n    return {a: 1}\n",
    "zeros": "f = lambda x: np.zeros((10 ** 6, 10 ** 6))",
    "outer product": "def f(x):\n    a = np.ones((10 ** 5, 1))\n    return a * np.ones((1, 10 ** 5))\n",
    "tile": "f = lambda x: np.tile([1, 2], 10 ** 9)",
    "objects": "f = lambda x: np.array([10 ** 30, 2])",
    "dtype": "f = lambda x: np.zeros(3, 'S1000000000')",
    "round": "f = lambda x: round(5, -10 ** 9)",
    "tensor of zeros": "f = lambda x: tf.zeros((10 ** 6, 10 ** 6))",
    "format": "f = lambda x: '%1000000000d' % len('a')",
    "braces": "f = lambda x: '{0:1000000000}'.format(len('a'))",
    "attribute in braces": "f = lambda x: '{0.real}'.format(len('a'))",
    "tensor in text": "f = lambda x: x * len('%s' % x)",
    "nothing reduced": "def f(x):\n    import functools\n    return functools.reduce(lambda a, b: a, [])\n",
    "reference": (
        "def outer(fn):\n    def error_handler(*args, **kwargs):\n        return fn(*args, **kwargs)\n"
        "    return error_handler\nf = outer('op_dispatch_handler')\n"
    ),
    "member of a builtin": "f = lambda x: dict.fromkeys([1])",
    "search": "f = lambda x: 'a' in range(10 ** 12)",
    "infinite generator": "def f(x):\n    def g():\n        while True:\n            yield 1\n    return sum(g())\n",
    "condition": "f = lambda x: x if x else 1",
    "loop over a tensor": "f = lambda x: [row for row in x]",
    "open": "f = lambda x: open('/etc/passwd').read()",
    "eval": "f = lambda x: eval('x')",
    "import": "def f(x):\n    import os\n    return os.system('true')\n",
    "dunder": "f = lambda x: ().__class__.mro()",
    "private": "f = lambda x: np._globals",
    "attribute": "def f(x):\n    x.name = 'a'\n    return x\n",
    "global": "def f(x):\n    global y\n    y = x\n    return x\n",
    "unknown function": "f = lambda x: tf.no_such_function(x)",
    "unknown name": "def f(x):\n    y = x\n    return y * Config.scale\n",
    "file": "f = lambda x: np.fromfile('a')",
    "f-string": "def f(x):\n    n = 2\n    return f'{n:1000000000}'\n",
    "with": "def f(x):\n    with x:\n        return x\n",
    "raise": "def f(x):\n    raise\n",
    "numpy method": "f = lambda x: np.ones(3).tofile('a')",
}
