"""Builds the desktop app, top to bottom, once."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject, QSocketNotifier, QThreadPool, QTimer, Signal, Slot
from PySide6.QtWidgets import QMessageBox

from deskbell import __version__, endpoint, folders
from deskbell.desk import Desk
from deskbell.errors import DeskbellError
from deskbell.http.server import Listener
from deskbell.journal import Journal
from deskbell.settings import Loaded, read_settings
from deskbell_desktop.application import Application, make_application
from deskbell_desktop.bridge import Bridge
from deskbell_desktop.inbox import Changes, Inbox
from deskbell_desktop.settings_opener import SettingsOpener
from deskbell_desktop.settings_watch import SettingsWatch
from deskbell_desktop.single_instance import SingleInstance, show_the_first
from deskbell_desktop.theme import Theme
from deskbell_desktop.tray import Tray
from deskbell_desktop.window import markdown
from deskbell_desktop.window.main_window import MainWindow
from deskbell_desktop.window.placement import Placement

log = logging.getLogger(__name__)


class DesktopApp(QObject):
    """The object graph: desk, listener, bridge, window, tray. GUI thread only."""

    listening = Signal()
    failed = Signal(str)

    def __init__(self, application: Application, loaded: Loaded) -> None:
        super().__init__(application)
        self._application = application
        self.desk = Desk(loaded.settings)
        self.theme = Theme(application, loaded.settings.window.theme)
        self.bridge = Bridge(self.desk, self)
        self.inbox = Inbox(self.desk.open_tasks(), self)
        self.window = MainWindow(self.desk, self.inbox, self.theme, Placement(folders.state_folder() / "window.json"))
        self.tray = Tray(self.theme, self)
        self.watch = SettingsWatch(folders.settings_path(), loaded, self)
        self.opener = SettingsOpener(folders.settings_path(), self)
        self.journal = Journal(folders.data_folder() / "journal")
        self.journal.trouble = self.bridge.pass_on_trouble
        self._problems = ""
        self._trouble = ""
        self._starting: threading.Thread | None = None
        self.listener: Listener | None = None
        self._connect()
        application.quitRequested.connect(self._on_quit_requested)
        self._tell_problems(loaded)
        self.tray.icon.show()

    def start(self) -> None:
        """Listen as soon as may be, without keeping the window waiting; ``failed`` says why not."""
        self._starting = threading.Thread(target=self._start, name="DeskbellStart")
        self._starting.start()

    def _start(self) -> None:
        try:
            self.listen()
        except (DeskbellError, OSError) as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("The desk could not be started")
            self.failed.emit(f"Deskbell made a mistake; its log says which. Please report it. ({error!r})")

    def listen(self) -> None:
        """Take up what the journal keeps, start the listener and publish where it is.

        Waits for the disk. Raises EndpointUntrusted, JournalError or OSError.
        """
        token = endpoint.load_or_create_token()
        self.desk.open_journal(self.journal)
        self.listener = Listener(self.desk, token, port=self.desk.settings.listener.port, keep_token=self._keep_token)
        self.listener.start()
        endpoint.publish(endpoint.Endpoint(self.listener.url, token, os.getpid()))
        self.listening.emit()

    @Slot()
    def _on_listening(self) -> None:
        self.window.header.show_paused(is_paused=self.desk.is_paused)  # as an earlier process has left it
        self._show_in_tray()
        QThreadPool.globalInstance().start(markdown.warm_up)
        gc.freeze()  # looking through all that lives as long as the app would stop the GUI for 20 ms at a time

    def _keep_token(self, token: str) -> None:
        """Put a new token where clients look, on the listener's behalf and on its thread."""
        if self.listener is not None:
            endpoint.republish(endpoint.Endpoint(self.listener.url, token, os.getpid()))

    @Slot()
    def quit(self) -> None:
        """Leave the event loop. Qt asks the window first, which otherwise only steps aside."""
        self.window.may_close = True
        self._application.quit()

    def close(self) -> None:
        """Keep what is open for the next start and stop listening. Idempotent."""
        if self._starting is not None:
            if self.listener is None:
                self.journal.close()  # it may be waiting for somebody's lock
            self._starting.join()
        self.window.may_close = True
        self.window.close()
        self.bridge.close()
        endpoint.withdraw(os.getpid())
        self.desk.close()
        if self.listener is not None:
            self.listener.stop()
        self.tray.icon.hide()
        QThreadPool.globalInstance().waitForDone()

    def _connect(self) -> None:
        self.bridge.eventsArrived.connect(self.inbox.take)
        self.bridge.summoned.connect(self.window.summon)
        self.bridge.troubled.connect(self._on_troubled)
        self.listening.connect(self._on_listening)
        self.inbox.changed.connect(self._on_inbox_changed)
        self.window.header.pauseToggled.connect(self._show_in_tray)
        self.window.menuRequested.connect(self.tray.menu.popup)
        self.tray.showRequested.connect(self.window.summon)
        self.tray.pauseToggled.connect(self._on_pause_toggled)
        self.tray.settingsRequested.connect(self.opener.open)
        self.opener.failed.connect(self._on_opening_failed)
        self.tray.quitRequested.connect(self.quit)
        self.watch.loaded.connect(self._on_settings_loaded)

    def _tell_problems(self, loaded: Loaded) -> None:
        for problem in loaded.problems:
            log.warning("%s", problem)
        if loaded.problems or self.window.notice.text == self._problems:  # what else it says is not ours to take away
            self._problems = "\n".join(map(str, loaded.problems))
            self.window.show_notice(self._problems)

    @Slot(object)
    def _on_inbox_changed(self, _changes: Changes) -> None:
        self._show_in_tray()

    @Slot()
    def _show_in_tray(self) -> None:
        self.tray.show_state(len(self.inbox), is_paused=self.desk.is_paused)

    @Slot()
    def _on_pause_toggled(self) -> None:
        self.window.toggle_pause()
        self._show_in_tray()

    @Slot()
    def _on_quit_requested(self) -> None:
        self.window.may_close = True

    @Slot(object)
    def _on_settings_loaded(self, loaded: Loaded) -> None:
        self.desk.apply_settings(loaded.settings)
        self.theme.choose(loaded.settings.window.theme)
        self._tell_problems(loaded)

    @Slot(str)
    def _on_troubled(self, sentence: str) -> None:
        """Say what is wrong until it is well again; what else the window says is not ours to take away."""
        is_news = sentence != self._trouble
        if sentence or self.window.notice.text == self._trouble:
            self.window.show_notice(sentence)
        self._trouble = sentence
        if sentence and is_news:
            log.warning("%s", sentence)
            self.window.come_forward()

    @Slot(str)
    def _on_opening_failed(self, sentence: str) -> None:
        self.window.show_notice(sentence)
        self.window.summon()


class Interrupts(QObject):
    """Turns SIGINT and SIGTERM into a signal: Python's handlers alone wait until Qt returns to Python."""

    received = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ours, self._kernels = socket.socketpair()
        for end in (self._ours, self._kernels):
            end.setblocking(False)
        signal.set_wakeup_fd(self._kernels.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_activated)

    @Slot()
    def _on_activated(self) -> None:
        self._ours.recv(64)
        self.received.emit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the desktop app until it is told to quit; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    options = _parse(sys.argv[1:] if arguments is None else arguments)
    application = make_application(sys.argv[:1])
    try:
        instance = SingleInstance(folders.state_folder() / "deskbell.lock")
        if not instance.is_first:
            return _hand_over(is_hidden=options.hidden)
        return _run(application, instance, is_hidden=options.hidden)
    except (DeskbellError, OSError) as error:
        return _fail(str(error), is_hidden=options.hidden)


def _run(application: Application, instance: SingleInstance, *, is_hidden: bool) -> int:
    desktop = DesktopApp(application, read_settings(folders.settings_path()))
    interrupts = Interrupts(desktop)
    interrupts.received.connect(desktop.quit)
    failures: list[str] = []
    desktop.failed.connect(failures.append)
    desktop.failed.connect(desktop.quit)
    try:
        desktop.start()
        if not is_hidden:
            QTimer.singleShot(0, desktop.window.summon)
        status = application.exec()
        return _fail(failures[0], is_hidden=is_hidden) if failures else status
    finally:
        desktop.close()
        instance.release()


def _hand_over(*, is_hidden: bool) -> int:
    """Leave it to the desk that runs already. A hidden start is a client's: its question brings the window up."""
    if is_hidden or show_the_first():
        return 0
    return _fail("Deskbell is running but does not answer. Quit it and start again.", is_hidden=False)


def _fail(sentence: str, *, is_hidden: bool) -> int:
    """Say why there is no desk, on the screen as well unless a client started it, which reads the log."""
    log.error("%s", sentence)
    if not is_hidden:
        QMessageBox.critical(None, "Deskbell", sentence)
    return 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deskbell-desktop", description="The Deskbell window and tray icon.")
    parser.add_argument("--hidden", action="store_true", help="stay in the tray until a question comes")
    parser.add_argument("--version", action="version", version=f"deskbell {__version__}")
    return parser.parse_args(arguments)
