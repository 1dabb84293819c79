"""Make the pictures of the README from the sample statements: `python docs/screenshots.py`.

Takes in the samples into a store that is thrown away, serves it, and looks at it with Debian's Chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
COMMAND = [sys.executable, "-m", "ui"]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUESTIONS = ("What does Lestrin propose?", "How much would the Centre cost a year?")


def picture(browser: Browser, address: str, name: str, width: int, height: int) -> None:
    """Ask the questions and keep what is seen then."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    page.wait_for_selector("#log .welcome")
    for number, question in enumerate(QUESTIONS, 1):
        page.fill("#question textarea", question)
        page.keyboard.press("Enter")
        page.wait_for_selector(f'#log .turn[data-turn="{number}"] .answer:not(.pending)')
    page.wait_for_timeout(1_000)
    page.screenshot(path=IMAGES / name)
    page.close()


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        base = [*COMMAND, "--store", folder]
        subprocess.run([*base, "ingest", str(ROOT / "samples" / "statements")], cwd=ROOT, check=True)
        server = subprocess.Popen([*base, "serve", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            address = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                picture(browser, address, "chat-desktop.png", 1280, 800)
                picture(browser, address, "chat-phone.png", 390, 844)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
