"""Crops -> emotions and their labels; batches for many requests."""

from dasa.emotion.batching import Batcher
from dasa.emotion.classifier import Classifier
from dasa.emotion.labels import UNSURE, Labels, label, primary_output

__all__ = ["UNSURE", "Batcher", "Classifier", "Labels", "label", "primary_output"]
