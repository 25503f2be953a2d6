"""Colours, icons and the tray icon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from deskbell_desktop import icons
from deskbell_desktop.theme import Palette, Theme
from deskbell_desktop.tray import Tray
from deskbell_desktop.window.composer import Composer
from deskbell_resources import UnknownResource, icon_names, icon_svg, theme_colours

ROOT = Path(__file__).parents[2]
THEMES = ["light", "dark"]
READABLE = 4.5  # WCAG 2.2, 1.4.3


def _luminance(colour: QColor) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["ground", "card", "code", "hover", "soft"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "danger"])
def test_text_can_be_read(name: str, ink: str, ground: str) -> None:
    """Every colour of text has a contrast of 4.5 to 1 with every ground it stands on."""
    palette = Palette.named(name)

    assert _contrast(getattr(palette, ink), getattr(palette, ground)) >= READABLE


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["accent", "accent_hover"])
def test_text_on_the_accent_can_be_read(name: str, ground: str) -> None:
    """Send and a sent card are readable as well."""
    palette = Palette.named(name)

    assert _contrast(palette.on_accent, getattr(palette, ground)) >= READABLE


@pytest.mark.parametrize("name", THEMES)
def test_a_placeholder_can_be_read(qtbot: QtBot, qapp: QApplication, name: str) -> None:
    """What is drawn in an empty field has the contrast of text."""
    look = Theme(qapp, name)
    composer = Composer(look)
    composer.show_draft("", "Something else…", allows_text=True)
    composer.resize(400, composer.natural_height())
    composer.show()
    picture = composer.edit.grab().toImage()
    points = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    composer.close()
    composer.deleteLater()
    look.deleteLater()

    assert max(_contrast(point, look.palette.card) for point in points) >= READABLE


class System(QObject):
    """The system's colour scheme, which the offscreen platform does not have."""

    colorSchemeChanged = Signal(Qt.ColorScheme)  # noqa: N815 - Qt's own name

    def __init__(self) -> None:
        super().__init__()
        self.scheme = Qt.ColorScheme.Unknown

    def styleHints(self) -> System:
        return self

    def colorScheme(self) -> Qt.ColorScheme:
        return self.scheme

    def turn(self, scheme: Qt.ColorScheme) -> None:
        self.scheme = scheme
        self.colorSchemeChanged.emit(scheme)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    one = System()
    monkeypatch.setattr("deskbell_desktop.theme.QGuiApplication", one)
    return one


@pytest.fixture
def following(qapp: QApplication, system: System) -> Iterator[Theme]:
    theme = Theme(qapp, "system")
    yield theme
    theme.deleteLater()


def test_the_theme_follows_the_system(qtbot: QtBot, qapp: QApplication, system: System, following: Theme) -> None:
    """When the system turns dark or light, so does the app, at once; a system that does not say is light."""
    assert not following.palette.is_dark
    for scheme, name in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light"), (Qt.ColorScheme.Dark, "dark")):
        with qtbot.waitSignal(following.changed, timeout=500):
            system.turn(scheme)

        assert following.palette == Palette.named(name)
        assert qapp.palette().window().color() == following.palette.ground


def test_a_chosen_theme_stays(qtbot: QtBot, system: System, following: Theme) -> None:
    """Light or dark by choice does not follow the system; a choice that changes nothing is not told."""
    with qtbot.waitSignal(following.changed, timeout=500):
        following.choose("dark")
    with qtbot.assertNotEmitted(following.changed):
        following.choose("dark")
        system.turn(Qt.ColorScheme.Light)

    assert following.palette.is_dark


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    """An icon or theme that does not exist is an error which lists those that do."""
    with pytest.raises(UnknownResource, match=r"'nothing'.*bell.*check"):
        icon_svg("nothing")
    with pytest.raises(UnknownResource, match=r"'blue'.*light, dark"):
        theme_colours("blue")


def test_every_icon_is_used() -> None:
    """No icon is carried along for nothing."""
    used = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "desktop").rglob("*.py")))

    assert [name for name in icon_names() if f'"{name}"' not in used] == []


def _ink(picture: QPixmap | QImage) -> int:
    """How many points are not transparent."""
    image = picture.toImage() if isinstance(picture, QPixmap) else picture
    return sum(image.pixelColor(x, y).alpha() > 0 for x in range(image.width()) for y in range(image.height()))


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", icon_names())
def test_every_icon_is_drawn(qapp: QApplication, name: str, scale: int) -> None:
    """Each icon has something on it, is as large as asked for, and follows the colour if it is of one colour."""
    picture = icons.pixmap(name, QColor("#ff0000"), 20, scale)

    assert picture.size() == QSize(20 * scale, 20 * scale)
    assert picture.deviceIndependentSize().toSize() == QSize(20, 20)
    assert _ink(picture) > 10 * scale
    if "currentColor" in icon_svg(name):
        image = picture.toImage()
        colours = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        assert max(colours, key=QColor.alpha).name() == "#ff0000"


def _tray_picture(waiting: int) -> QImage:
    icon = icons.tray_icon(QColor("black"), QColor("white"), waiting, QColor("red"))
    return icon.pixmap(64, 64).toImage()


def test_the_tray_icon_counts() -> None:
    """0, 1, 9 and more than nine look different; ten and a hundred look the same."""
    pictures = {waiting: _tray_picture(waiting) for waiting in (100, 10, 9, 1, 0)}

    assert pictures[0] != pictures[1] != pictures[9] != pictures[10]
    assert pictures[10] == pictures[100]
    has_red = {
        w: any(p.pixelColor(x, y) == QColor("red") for x in range(64) for y in range(64)) for w, p in pictures.items()
    }
    assert has_red == {0: False, 1: True, 9: True, 10: True, 100: True}


@pytest.fixture
def tray(look: Theme) -> Iterator[Tray]:
    one = Tray(look)
    yield one
    one.menu.deleteLater()
    one.deleteLater()


def test_the_tray_says_how_many_wait(tray: Tray) -> None:
    """The tooltip names the number; the menu shows whether the countdowns stand still."""
    tray.show_state(3, is_paused=True)
    pause = next(action for action in tray.menu.actions() if action.text() == "Pause countdowns")

    assert "3" in tray.icon.toolTip()
    assert pause.isChecked()
    tray.show_state(0, is_paused=False)
    assert tray.icon.toolTip() == "Deskbell"
    assert not pause.isChecked()


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Show", "showRequested"),
        ("Pause countdowns", "pauseToggled"),
        ("Settings file", "settingsRequested"),
        ("Quit", "quitRequested"),
    ],
)
def test_the_menu_tells_what_was_chosen(qtbot: QtBot, tray: Tray, text: str, signal: str) -> None:
    """Each entry of the menu tells its wish."""
    action = next(action for action in tray.menu.actions() if action.text() == text)
    with qtbot.waitSignal(getattr(tray, signal), timeout=500):
        action.trigger()


def test_a_click_on_the_icon_asks_for_the_window(qtbot: QtBot, tray: Tray) -> None:
    """A click or double click shows the window; the menu's button does not."""
    reasons = QSystemTrayIcon.ActivationReason
    for reason in (reasons.Trigger, reasons.DoubleClick):
        with qtbot.waitSignal(tray.showRequested, timeout=500):
            tray.icon.activated.emit(reason)
    with qtbot.assertNotEmitted(tray.showRequested):
        tray.icon.activated.emit(reasons.Context)
