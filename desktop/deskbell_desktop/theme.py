"""Colours, sizes and the style sheet. Every number of the look is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from deskbell_resources import theme_colours

GRID: Final = 4
GAP: Final = 12
PADDING: Final = 16
WIDE_PADDING: Final = 24
CARD_RADIUS: Final = 8
BUTTON_RADIUS: Final = 6
BUTTON_HEIGHT: Final = 32
ICON_SIZE: Final = 20
RING_WIDTH: Final = 2
BAR_HEIGHT: Final = 3

SMALL: Final = 13
BODY: Final = 15
HEADING: Final = 18

URGENT_SECONDS: Final = 10
"""From here on the countdown is drawn in the danger colour."""

MOTION_MILLISECONDS: Final = 150


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme; hover, pressed and soft tones are derived."""

    ground: QColor
    card: QColor
    line: QColor
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    danger: QColor
    code: QColor
    is_dark: bool

    @classmethod
    def named(cls, name: str) -> Palette:
        """The palette of ``light`` or ``dark``."""
        colours = {key: QColor(value) for key, value in theme_colours(name).items()}
        return cls(**colours, is_dark=name == "dark")

    @property
    def hover(self) -> QColor:
        """A card under the pointer."""
        return mix(self.card, self.accent, 0.06)

    @property
    def pressed(self) -> QColor:
        """A card held down."""
        return mix(self.card, self.accent, 0.12)

    @property
    def soft(self) -> QColor:
        """A ground for chips and badges."""
        return mix(self.card, self.text, 0.06)

    @property
    def accent_hover(self) -> QColor:
        """The accent under the pointer."""
        return mix(self.accent, self.text, 0.12)

    @property
    def accent_line(self) -> QColor:
        """A card's edge under the pointer."""
        return mix(self.line, self.accent, 0.55)


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """``share`` of ``other`` laid over ``one``."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
    )


def font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The system's UI font at a size in px."""
    chosen = QFont(QApplication.font())
    chosen.setPixelSize(pixels)
    chosen.setWeight(weight)
    return chosen


class Theme(QObject):
    """The palette in force: the system's, or the one the settings name. Lives on the GUI thread."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self.palette = Palette.named(self._wanted())
        self._apply()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    def choose(self, choice: str) -> None:
        """Follow ``system``, or stay ``light`` or ``dark``."""
        self._choice = choice
        self._refresh()

    def _wanted(self) -> str:
        if self._choice in {"light", "dark"}:
            return self._choice
        is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return "dark" if is_dark else "light"

    @Slot()
    def _on_scheme_changed(self) -> None:
        self._refresh()

    def _refresh(self) -> None:
        wanted = Palette.named(self._wanted())
        if wanted != self.palette:
            self.palette = wanted
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        self._application.setPalette(_qt_palette(self.palette))
        self._application.setStyleSheet(style_sheet(self.palette))


def _qt_palette(colours: Palette) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: colours.ground,
        QPalette.ColorRole.Base: colours.card,
        QPalette.ColorRole.AlternateBase: colours.code,
        QPalette.ColorRole.Button: colours.card,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.ToolTipBase: colours.text,
        QPalette.ColorRole.ToolTipText: colours.ground,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.LinkVisited: colours.accent,
        QPalette.ColorRole.Accent: colours.accent,
    }
    palette = QPalette(colours.card, colours.ground)
    for role, colour in roles.items():
        palette.setColor(role, colour)
    return palette


def style_sheet(colours: Palette) -> str:
    """The style sheet for what Qt draws itself."""
    name = {field: getattr(colours, field).name() for field in _SHEET_COLOURS}
    return _SHEET.format(**name)


_SHEET_COLOURS: Final = (
    "ground", "card", "line", "text", "muted", "accent", "on_accent", "danger", "code",
    "hover", "pressed", "soft", "accent_hover", "accent_line",
)  # fmt: skip

_SHEET: Final = """
QWidget#window, QWidget#body {{ background: {ground}; }}
QWidget#header, QWidget#footer {{ background: {ground}; }}
QLabel {{ color: {text}; background: transparent; }}
QLabel[muted="true"] {{ color: {muted}; }}
QLabel[urgent="true"] {{ color: {danger}; }}
QTextBrowser, QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QFrame#composer {{ background: {card}; border: 1px solid {line}; border-radius: 8px; }}
QFrame#composer[focused="true"] {{ border: 1px solid {accent}; }}
QFrame#composer QPlainTextEdit {{
  background: transparent; border: none; color: {text}; placeholder-text-color: {muted};
}}
QFrame#notice {{ background: {soft}; border: 1px solid {line}; border-radius: 8px; }}
QPushButton {{
  color: {text}; background: transparent; border: 1px solid {line}; border-radius: 6px;
  padding: 0 12px; min-height: 30px; max-height: 30px;
}}
QPushButton:hover {{ background: {hover}; border-color: {accent_line}; }}
QPushButton:pressed {{ background: {pressed}; }}
QPushButton:focus {{ border: 2px solid {accent}; padding: 0 11px; min-height: 28px; max-height: 28px; }}
QPushButton:disabled {{ color: {muted}; border-color: {line}; background: transparent; }}
QPushButton:checked {{ background: {soft}; border-color: {accent_line}; }}
QPushButton[primary="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton[primary="true"]:hover {{ background: {accent_hover}; border-color: {accent_hover}; }}
QPushButton[primary="true"]:focus {{ border: 2px solid {text}; }}
QPushButton[primary="true"]:disabled {{ background: {soft}; color: {muted}; border-color: {soft}; }}
QPushButton[quiet="true"] {{ border-color: transparent; color: {muted}; padding: 0 8px; }}
QPushButton[quiet="true"]:hover {{ color: {text}; background: {soft}; border-color: transparent; }}
QPushButton[quiet="true"]:focus {{ border: 2px solid {accent}; padding: 0 7px; }}
QPushButton[quiet="true"]:checked {{ color: {text}; background: {soft}; }}
QTabBar::scroller {{ width: 40px; }}
QTabBar QToolButton {{ background: {ground}; border: none; border-radius: 4px; margin: 4px 0; padding: 0; }}
QTabBar QToolButton:hover {{ background: {soft}; }}
QMenu {{ background: {card}; color: {text}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {soft}; }}
QMenu::item:disabled {{ color: {muted}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QToolTip {{ background: {text}; color: {ground}; border: none; padding: 4px 8px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {line}; border-radius: 3px; margin: 2px; min-height: 32px; min-width: 32px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
