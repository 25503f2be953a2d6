"""Icons in a colour of the theme, crisp at any scale."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from deskbell_resources import icon_svg

_SCALES = (1, 2, 3)
_APP_SIZES = (16, 22, 24, 32, 48, 64, 128, 256)
_BADGE_MAX = 9


def tinted(name: str, colour: QColor, size: int = 20, *, disabled: QColor | None = None) -> QIcon:
    """A one-colour icon for a control, ``size`` px square, in another colour while the control is disabled."""
    icon = QIcon()
    for scale in _SCALES:
        icon.addPixmap(pixmap(name, colour, size, scale))
        if disabled is not None:
            icon.addPixmap(pixmap(name, disabled, size, scale), QIcon.Mode.Disabled)
    return icon


def pixmap(name: str, colour: QColor, size: int, scale: float = 1) -> QPixmap:
    """One picture of an icon, ``size`` px square at a device pixel ratio of ``scale``. Drawn once, then remembered."""
    key = f"{name} {colour.name()} {size} {scale}"
    picture = QPixmap()
    if not QPixmapCache.find(key, picture):
        picture = _draw(name, colour, round(size * scale))
        picture.setDevicePixelRatio(scale)
        QPixmapCache.insert(key, picture)
    return picture


def _draw(name: str, colour: QColor, side: int) -> QPixmap:
    picture = QPixmap(QSize(side, side))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, colour).render(painter)
    painter.end()
    return picture


def application_icon() -> QIcon:
    """The bell in its colours."""
    icon = QIcon()
    for size in _APP_SIZES:
        icon.addPixmap(pixmap("deskbell", QColor(), size))
    return icon


def tray_icon(colour: QColor, ground: QColor, waiting: int, badge: QColor) -> QIcon:
    """The bell in one colour, with the number that wait in a badge."""
    icon = QIcon()
    for size in (22, 24, 32, 44, 64):
        picture = pixmap("bell", colour, size)
        if waiting:
            _draw_badge(picture, str(waiting) if waiting <= _BADGE_MAX else f"{_BADGE_MAX}+", badge, ground)
        icon.addPixmap(picture)
    return icon


def _draw_badge(picture: QPixmap, text: str, colour: QColor, ground: QColor) -> None:
    size = picture.width()
    side = size * 0.58
    width = max(side, side * 0.42 * len(text) + side * 0.4)
    spot = QRectF(size - width, size - side, width, side)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(spot, side / 2, side / 2)
    font = painter.font()
    font.setPixelSize(max(7, round(side * 0.78)))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(ground)
    painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()


def _renderer(name: str, colour: QColor) -> QSvgRenderer:
    svg = icon_svg(name).replace("currentColor", colour.name())
    return QSvgRenderer(QByteArray(svg.encode()))
