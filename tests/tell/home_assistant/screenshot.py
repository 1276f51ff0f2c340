"""Run by Home Assistant's own Python: a picture of one of its pages, with headless Chromium.

``screenshot.py URL PAGE WORDS FILE``: tokens as JSON on stdin; waits until the page has WORDS.
"""

import json
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PATIENCE_S = 90
TEXT = """
const walk = node => node.nodeType === 3 ? node.data :
  [...node.childNodes, ...(node.shadowRoot ? [node.shadowRoot] : [])].map(walk).join(' ');
return walk(document.body);
"""

url, page, words, file = sys.argv[1:]
tokens = json.load(sys.stdin)
tokens |= {"hassUrl": url, "clientId": f"{url}/"}
tokens["expires"] = int((time.time() + tokens["expires_in"]) * 1000)

options = webdriver.ChromeOptions()
options.binary_location = "/usr/bin/chromium"
for flag in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,1900"):
    options.add_argument(flag)
browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
try:
    browser.get(f"{url}/robots.txt")
    browser.execute_script("localStorage.hassTokens = arguments[0]", json.dumps(tokens))
    browser.get(url + page)
    end = time.monotonic() + PATIENCE_S
    while words not in (text := browser.execute_script(TEXT)):
        assert time.monotonic() < end, f"no {words!r} in: {text[-2000:]}"
        time.sleep(0.5)
    time.sleep(3)  # icons are fetched one by one
    browser.save_screenshot(file)
finally:
    browser.quit()
