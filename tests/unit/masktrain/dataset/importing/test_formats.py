import json
from pathlib import Path

import pytest

from masktrain.dataset.importing.annotations import AnnotatedBox, Problems
from masktrain.dataset.importing.coco import read_coco
from masktrain.dataset.importing.folders import read_folders
from masktrain.dataset.importing.voc import read_voc
from masktrain.dataset.importing.yolo import read_yolo
from masktrain.errors import DatasetError

BOX = "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"
OBJECT = f"<object><name>{{}}</name>{BOX}</object>"


def put(root: Path, **files: str) -> None:
    """Write files whose names are told with __ for / and _ for the dot."""
    for name, text in files.items():
        path = root / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def voc(filename: str, *objects: str, size: str = "") -> str:
    return f"<annotation><filename>{filename}</filename>{size}{''.join(objects)}</annotation>"


def test_folders_are_classes(tmp_path: Path) -> None:
    put(tmp_path, ok__a_jpg="", train__ok__more__b_PNG="", other__ok__bad__c_webp="", new__d_jpg="", e_jpg="")
    put(tmp_path, ok__notes_txt="", ok___hidden_jpg="")
    (tmp_path / "ok" / ".hidden.jpg").touch()
    read = {p.path.name: p.boxes for p in read_folders(tmp_path, {"ok", "bad"})}
    names = {"a.jpg": "ok", "b.PNG": "ok", "c.webp": "bad", "d.jpg": "new", "e.jpg": ".", "_hidden.jpg": "ok"}
    assert read == {name: (AnnotatedBox(label, None),) for name, label in names.items()}


def test_voc_is_read(tmp_path: Path) -> None:
    size = "<size><width>64</width><height>48</height></size>"
    put(tmp_path, images__a_jpg="", annotations__b_jpg="", images__c_jpg="")
    put(tmp_path, annotations__a_xml=voc("a.jpg", OBJECT.format("face", 1, 2, 3.5, 4), size=size))
    put(tmp_path, annotations__b_xml=voc("renamed.jpg", size="<size><width>0</width></size>"))
    put(tmp_path, annotations__c_xml=voc("", OBJECT.format(" mask ", 0, 0, 9, 9)))
    problems = Problems(tmp_path)
    a, b, c = read_voc(tmp_path, problems)
    assert problems.lines == []
    assert (a.path, a.size) == (tmp_path / "images" / "a.jpg", (64, 48))
    assert a.boxes == (AnnotatedBox("face", (1.0, 2.0, 3.5, 4.0)),)
    assert (b.path, b.size, b.boxes) == (tmp_path / "annotations" / "b.jpg", None, ())
    assert (c.path.name, c.boxes[0].name) == ("c.jpg", "mask")


def test_voc_problems_cost_the_others_nothing(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "boom">]><annotation>&x;</annotation>'
    put(tmp_path, good_jpg="", broken_xml="<annotation>", bomb_xml=bomb, other_xml="<note/>")
    put(tmp_path, lost_xml=voc("lost.jpg"), empty_xml="")
    boxes = [
        OBJECT.format("face", 5, 5, 5, 9),
        OBJECT.format("", 0, 0, 1, 1),
        OBJECT.format("face", 0, 0, 1, 1),
    ]
    put(tmp_path, good_xml=voc("good.jpg", *boxes, "<object><name>face</name></object>"))
    problems = Problems(tmp_path)
    (picture,) = read_voc(tmp_path, problems)
    assert [box.box for box in picture.boxes] == [(0.0, 0.0, 1.0, 1.0)]
    told = "\n".join(problems.lines)
    for line in (
        "bomb.xml: it cannot be read: Entities",
        "broken.xml: it cannot be read: ",
        "empty.xml: it cannot be read: ",
        "other.xml: it cannot be read: it is no VOC annotation but <note>",
        "lost.xml: there is no picture lost",
        "good.xml: the box (5.0, 5.0, 5.0, 9.0) is empty",
        "good.xml: an object has no name",
        "good.xml: the box (None, None, None, None) is not of numbers",
    ):
        assert line in told
    assert len(problems.lines) == 8


def test_yolo_is_read_from_both_layouts(tmp_path: Path) -> None:
    put(tmp_path, classes_txt="mask\nbare\n", beside_jpg="", beside_txt="1 0.5 0.5 0.5 1\n\n")
    put(tmp_path, images__train__a_jpg="", labels__train__a_txt="0 .5 .25 .2 .1", images__train__none_jpg="")
    put(tmp_path, readme_txt="made with a tool of ours", train_txt="images/train/a.jpg")
    problems = Problems(tmp_path)
    beside, a = read_yolo(tmp_path, (), problems)
    assert problems.lines == []
    assert beside.shares
    assert beside.boxes == (AnnotatedBox("bare", (0.25, 0.0, 0.75, 1.0)),)
    assert a.path == tmp_path / "images" / "train" / "a.jpg"
    assert a.boxes[0].name == "mask"
    assert a.boxes[0].box == pytest.approx((0.4, 0.2, 0.6, 0.3))


def test_yolo_problems_cost_the_others_nothing(tmp_path: Path) -> None:
    lines = (
        "0 .5 .5 .2 .2\n2 .5 .5 .2 .2\n-1 .5 .5 .2 .2\n0 .5 .5\n0 a .5 .2 .2\n0 320 200 50 60\n0 .5 .5 0 0\n"
    )
    put(tmp_path, a_jpg="", a_txt=lines, lost_txt="0 .5 .5 .2 .2\n", b_jpg="")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    problems = Problems(tmp_path)
    a, b = read_yolo(tmp_path, ("mask", "bare"), problems)
    assert [box.name for box in a.boxes] == ["mask"]
    assert b.boxes == ()
    told = "\n".join(problems.lines)
    for line in (
        "a.txt: line 2: there is no class 2; 2 are named",
        "a.txt: line 3: there is no class -1",
        "a.txt: line 4: it has 3 values",
        "a.txt: line 5: its values are not numbers",
        "a.txt: line 6: its values are not shares",
        "a.txt: line 7: the box",
        "b.txt: it cannot be read",
        "lost.txt: it has no picture",
    ):
        assert line in told
    assert len(problems.lines) == 8


def test_yolo_needs_names_it_can_trust(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--names"):
        read_yolo(tmp_path, (), Problems(tmp_path))
    put(tmp_path, a__classes_txt="mask\nbare", b__classes_txt="bare\nmask")
    with pytest.raises(DatasetError, match="differ"):
        read_yolo(tmp_path, (), Problems(tmp_path))


def coco(images: object, annotations: object) -> str:
    categories = [{"id": 1, "name": "mask"}, {"id": 7, "name": "bare"}]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories})


def test_coco_is_read_without_crowds(tmp_path: Path) -> None:
    images = [
        {"id": 5, "file_name": "photos/a.jpg", "width": 64, "height": 48},
        {"id": 6, "file_name": "b.jpg"},
    ]
    annotations = [
        {"image_id": 5, "category_id": 7, "bbox": [1, 2, 10, 20]},
        {"image_id": 5, "category_id": 1, "bbox": [1, 2, 10, 20], "iscrowd": 1},
        {"image_id": 5, "category_id": 1, "bbox": [0, 0, 4, 4], "iscrowd": 0},
    ]
    put(tmp_path, photos__a_jpg="", elsewhere__b_jpg="", labels_json=coco(images, annotations))
    problems = Problems(tmp_path)
    a, b = read_coco(tmp_path, problems)
    assert problems.lines == []
    assert (a.path.name, a.size, b.size, b.boxes) == ("a.jpg", (64, 48), None, ())
    assert a.boxes == (AnnotatedBox("bare", (1, 2, 11, 22)), AnnotatedBox("mask", (0, 0, 4, 4)))


def test_coco_problems_cost_the_others_nothing(tmp_path: Path) -> None:
    images = [{"id": 5, "file_name": "a.jpg"}, {"id": 6, "file_name": "lost.jpg"}, {"id": 7}, "no image"]
    annotations = [
        {"image_id": 5, "category_id": 1, "bbox": [0, 0, 4, 4]},
        {"image_id": 5, "category_id": 2, "bbox": [0, 0, 4, 4]},
        {"image_id": 5, "category_id": 1, "bbox": [0, 0, 0, 4]},
        {"image_id": 5, "category_id": 1, "bbox": [0, 0]},
        {"image_id": 5, "category_id": 1},
        "no annotation",
    ]
    put(tmp_path, a_jpg="", good_json=coco(images, annotations), list_json="[]", broken_json="{")
    put(tmp_path, part_json='{"images": []}', odd_json='{"images": [], "annotations": [], "categories": [1]}')
    problems = Problems(tmp_path)
    (a,) = read_coco(tmp_path, problems)
    assert len(a.boxes) == 1
    told = "\n".join(problems.lines)
    for line in (
        "good.json: annotation 2: there is no 2",
        "good.json: annotation 3: the box",
        "good.json: annotation 4: not enough values",
        "good.json: annotation 5: there is no 'bbox'",
        "good.json: annotation 6: ",
        "good.json: there is no picture lost.jpg",
        "good.json: an image is not as COCO has it: there is no 'file_name'",
        "list.json: it is not COCO",
        "broken.json: it is not COCO",
        "part.json: it is not COCO: it has not the lists images, annotations, categories",
        "odd.json: it is not COCO",
    ):
        assert line in told
    assert len(problems.lines) == 12
