from maskservice.batch.framing import Box, whole_pixels


def test_corners_are_rounded_into_the_picture() -> None:
    assert whole_pixels((-3.2, 1.4, 9.6, 20.0), (9, 10)) == Box(0, 1, 9, 10)


def test_a_box_keeps_a_pixel() -> None:
    assert whole_pixels((9.9, 9.9, 10.0, 10.0), (10, 10)) == Box(9, 9, 10, 10)
    assert whole_pixels((4.2, 4.2, 4.3, 4.3), (10, 10)) == Box(4, 4, 5, 5)


def test_the_margin_is_a_share_of_each_side_and_ends_at_the_border() -> None:
    assert Box(10, 20, 30, 60).with_margin(0.15, (100, 62)) == Box(7, 14, 33, 62)


def test_a_box_is_the_same_in_a_larger_picture() -> None:
    assert Box(1, 2, 3, 4).scaled((10, 10), (100, 50)) == Box(10, 10, 30, 20)
    assert Box(1, 2, 3, 4).scaled((10, 10), (10, 10)) == Box(1, 2, 3, 4)
    assert Box(1, 2, 3, 4).size == (2, 2)
