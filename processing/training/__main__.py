"""``python -m processing.training``: label, train, export. See README.md beside this file."""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

_MARKS = Path(__file__).with_name("marks.json")
_NETWORKS = ("hair", "heads")
_log = logging.getLogger("training")


def main() -> None:
    """Run one of the steps."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m processing.training")
    steps = parser.add_subparsers(required=True, metavar="STEP")
    _add_label(_step(steps, "label", "let the teacher label the pictures", _label))
    _add_train(_step(steps, "train", "train a network, or go on training it", _train))
    _add_export(_step(steps, "export", "write a checkpoint's network as ONNX", _export))
    arguments = parser.parse_args()
    arguments.run(arguments)


def _step(
    steps: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    meaning: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    parser = steps.add_parser(name, help=meaning, description=meaning)
    parser.set_defaults(run=run)
    return parser


def _add_label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--teacher", type=Path, required=True, help="its TFLite file")
    parser.add_argument(
        "--students", type=Path, nargs="*", default=[], help="ONNX files of earlier hair networks"
    )
    _add_folders(parser)


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", choices=_NETWORKS)
    _add_folders(parser)
    parser.add_argument("--marks", type=Path, default=_MARKS, help="what is wrong with the labels")
    parser.add_argument("--checkpoint", type=Path, required=True, help="made, or continued from")
    parser.add_argument("--steps", type=int, required=True, help="in all, from the beginning on")
    parser.add_argument("--workers", type=int, default=1, help="processes that make pictures")


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", choices=_NETWORKS)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file")


def _add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pictures", type=Path, required=True, help="SOURCE/faces.json in it")
    parser.add_argument("--labels", type=Path, required=True, help="SOURCE/NAME.png in it")


# Each step imports what it needs itself: exporting takes no teacher, labelling takes no torch.


def _label(arguments: argparse.Namespace) -> None:
    from processing.training.labelling import label_all
    from processing.training.student import Student
    from processing.training.teacher import Teacher
    from processing.training.views import Looker

    lookers: list[Looker] = [Teacher(arguments.teacher), *map(Student, arguments.students)]
    for path in label_all(lookers, arguments.pictures, arguments.labels):
        _log.info("%s", path)


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from processing.training.pictures import read_portraits
    from processing.training.plan import Plan
    from processing.training.tasks import HairTask, HeadTask
    from processing.training.trainer import Trainer

    torch.set_num_threads(1)
    portraits = read_portraits(arguments.pictures, arguments.labels, arguments.marks)
    _log.info("%d portraits", len(portraits))
    task = HairTask() if arguments.network == "hair" else HeadTask()
    plan = Plan(arguments.steps, task.stages, workers=arguments.workers)
    Trainer(task, plan, arguments.checkpoint).run(portraits, _log.info)


def _export(arguments: argparse.Namespace) -> None:
    from processing.training.export import export_hair, export_heads

    write = export_hair if arguments.network == "hair" else export_heads
    write(arguments.checkpoint, arguments.out)


if __name__ == "__main__":
    main()
