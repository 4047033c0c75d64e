"""`keras.layers`: what Keras 2.15 does not have at all."""

from __future__ import annotations

from translation.keras3_to_2.verbs import BackRule

KIND = "layers"

_OTHER_CODE = {
    "FlaxLayer": "it is a module of Flax",
    "JaxLayer": "it is a function of JAX",
    "TFSMLayer": "it is a SavedModel in a folder beside the model",
    "TorchModuleWrapper": "it is a module of PyTorch",
}
_AUGMENTATION = (
    "AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MaxNumBoundingBoxes MixUp "
    "RandAugment RandomColorDegeneration RandomColorJitter RandomElasticTransform RandomErasing RandomGaussianBlur "
    "RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization RandomSaturation RandomSharpness "
    "RandomShear Solarization"
)
_BEFORE = "take it out of the model, apply it to the data of the training, and save the model again"
_KERAS = "build the same from layers of Keras, copy the weights, and save that model"
_ADAPTIVE = "use a pooling of fixed size, or GlobalAveragePooling or GlobalMaxPooling, and save the model again"
_SOUND = "compute spectrograms before the model, let it take them, and save it again"

RULES = (
    *(
        BackRule(name, refused=f"{why}, which Keras 2.15 cannot call", instead=_KERAS)
        for name, why in _OTHER_CODE.items()
    ),
    *(
        BackRule(name, refused="Keras 2.15 has no such augmentation of images", instead=_BEFORE)
        for name in _AUGMENTATION.split()
    ),
    *(
        BackRule(f"Adaptive{kind}Pooling{rank}D", refused="Keras 2.15 has no adaptive pooling", instead=_ADAPTIVE)
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    ),
    *(
        BackRule(name, refused="Keras 2.15 has no spectrograms", instead=_SOUND)
        for name in ("MelSpectrogram", "STFTSpectrogram")
    ),
    BackRule(
        "Pipeline",
        refused="Keras 2.15 has no pipelines of preprocessing",
        instead="call its layers one after the other, and save the model again",
    ),
    BackRule(
        "ReversibleEmbedding",
        refused="Keras 2.15 has no embedding that also goes back to ids",
        instead="use an Embedding and a Dense layer in Keras 3, copy the weights, and save that model",
    ),
)
