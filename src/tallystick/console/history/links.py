"""What the pages of this room share: where a dataset is shown, and how a list is narrowed to one."""

from __future__ import annotations

from tallystick.console.listing import Filter

__all__ = ["BY_DATASET", "DATASET_LINK"]

DATASET_LINK = "/history/datasets/{dataset}"
BY_DATASET = Filter("dataset", size="wide", listed=("history.datasets", "dataset"))
