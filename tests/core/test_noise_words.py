import pytest

from jrviewer.core.noise_words import NOT_MEASURED, in_ascii, noise_sentence, rounded


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (14.6, 7.2, "Noise 14.6 → 7.2 HU (−51 %)"),
        (14.6, 14.6, "Noise unchanged: 14.6 HU"),
        (14.6, 14.0, "Noise unchanged: 14.6 HU"),
        (14.6, 13.5, "Noise 14.6 → 13.5 HU (−8 %)"),
        (10.0, 12.0, "Noise 10.0 → 12.0 HU (+20 %)"),
        (2.1, 2.1, "Hardly any noise: 2.1 HU"),
        (2.1, 1.0, "Hardly any noise: 2.1 → 1.0 HU"),
        (0.0, 0.0, "Hardly any noise: 0.0 HU"),
        (0.04, 0.02, "Hardly any noise: 0.0 HU"),
        (None, None, NOT_MEASURED),
    ],
)
def test_the_sentence_says_what_became_of_the_noise(
    before: float | None, after: float | None, sentence: str
) -> None:
    assert noise_sentence(before, after, "HU") == sentence


def test_noise_in_no_hu_has_three_digits_and_is_never_called_hardly_any() -> None:
    assert noise_sentence(0.02154, 0.01077, "stored") == "Noise 0.0215 → 0.0108 (−50 %)"
    assert noise_sentence(0.0, 0.0, "stored") == "Noise unchanged: 0"
    assert rounded(123.4, "stored") == 123.0


def test_it_says_where_more_was_asked_for_than_there_was_to_take() -> None:
    said = noise_sentence(11.7, 6.8, "HU", is_limit=True)
    assert said == "Noise 11.7 → 6.8 HU (−42 %, as much as it can)"
    assert noise_sentence(2.1, 1.0, "HU", is_limit=True) == "Hardly any noise: 2.1 → 1.0 HU"


def test_headers_and_pictures_have_no_arrow() -> None:
    assert in_ascii("Noise 14.6 → 7.2 HU (−51 %)") == "Noise 14.6 to 7.2 HU (-51 %)"
