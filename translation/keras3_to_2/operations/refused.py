"""Operations of Keras 3 that no model of Keras 2.15 can hold, each with the reason and what to use instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why some operations are refused, and what the user can do."""

    text: str
    instead: str

    def told(self) -> tuple[str, None, None, str]:
        """The arguments of a `Refusal`."""
        return self.text, None, None, self.instead


_BEHIND = "Save the model in Keras 3 without this part, and compute it before or after the model."
_UNROLL = "Write the steps out with other operations in Keras 3, and save the model again."
_FUNCTION = Reason("it runs a Python function, which no model of Keras 2.15 holds without code", _UNROLL)
_COMPLEX = Reason("it computes with complex numbers, which layers of Keras 2.15 do not pass on", _BEHIND)
_MANY = Reason("the number of its results depends on the values, and Keras 2.15 cannot save how it is called", _BEHIND)
_NO_TENSOR = Reason("it is called on plain numbers alone and is no part of a model", "Pass its result as a constant.")
_RANDOM = Reason("it draws random numbers with a seed of Keras 3", "Use a layer such as GaussianNoise or Dropout.")
_HARD = Reason("it is not written with functions of TensorFlow 2.15 yet", _BEHIND)
_FAILS = Reason("Keras 3 cannot run it either: it passes two arguments in the wrong order", "Use Conv2DTranspose.")
_QUANTIZED = Reason("Keras 2.15 has no quantized layers", "Save the model before `quantize`.")

_BY_REASON = {
    _FUNCTION: "Map Scan AssociativeScan Switch WhileLoop ForiLoop Cond VectorizedMap JVP Vectorize",
    _COMPLEX: "FFT FFT2 IFFT2 RFFT IRFFT STFT ISTFT ViewAsComplex ViewAsReal Polar Eig",
    _MANY: "Unique Nonzero Nanquantile Nanpercentile Nanmedian",
    _NO_TENSOR: "Empty Identity Tri Zeros Ones Eye Bartlett Hamming Hanning Kaiser Blackman Arange Ndim",
    _RANDOM: "ElasticTransform",
    _HARD: (
        "AffineTransform PerspectiveTransform MapCoordinates ScaleAndTranslate GaussianBlur SSIM Fold LuFactor Lstsq "
        "CTCLoss CtcLoss CTCDecode Histogram Bincount Argpartition Correlate Geomspace Logspace View Gcd Lcm "
        "Rearrange Slogdet"
    ),
    _FAILS: "ConvTranspose",
    _QUANTIZED: "FakeQuantWithMinMaxVars",
}
REFUSED = {name: reason for reason, names in _BY_REASON.items() for name in names.split()}
