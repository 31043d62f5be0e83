"""Labels for a folder of pictures."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import cv2

from media.frame import Picture
from processing.training.faces import Face
from processing.training.views import Looker, average


def label_all(lookers: Sequence[Looker], pictures: Path, labels: Path) -> Iterator[Path]:
    """Label every picture listed in ``pictures/SOURCE/faces.json`` that has no label yet."""
    for index in sorted(pictures.glob("*/faces.json")):
        folder = labels / index.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for file, entry in sorted(json.loads(index.read_text()).items()):
            out = folder / f"{Path(file).stem}.png"
            if out.exists() or not entry["faces"]:
                continue
            face = Face.parse_all(entry["faces"])[0]
            picture = cast("Picture", cv2.imread(str(index.parent / file)))
            fresh = out.with_suffix(".new.png")
            cv2.imwrite(str(fresh), cv2.merge(average(lookers, picture, face)))
            yield fresh.replace(out)
