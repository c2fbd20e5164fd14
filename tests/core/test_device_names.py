"""Names of devices, by the headers that real browsers, apps and programs send."""

from __future__ import annotations

import re

import pytest

from valetkey.web import device_names
from valetkey.web.device_names import device_name

GECKO = "(KHTML, like Gecko)"
BLINK = f"AppleWebKit/537.36 {GECKO}"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 {GECKO}"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 {GECKO}"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 {GECKO}"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {BLINK}"
WEBVIEW = f"Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/BP1A.250505.005; wv) {BLINK} Version/4.0"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK}"
LINUX = f"Mozilla/5.0 (X11; Linux x86_64) {BLINK}"
MOBILE = "Chrome/150.0.0.0 Mobile Safari/537.36"
CHROME = "Chrome/150.0.0.0 Safari/537.36"

NAMES: list[tuple[str | None, str | None]] = [
    # Chrome
    (f"{LINUX} {CHROME}", "Chrome on Linux"),
    (f"{WINDOWS} {CHROME}", "Chrome on Windows"),
    (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {BLINK} {CHROME}", "Chrome on macOS"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} {CHROME}", "Chrome on ChromeOS"),
    (f"{ANDROID} {MOBILE}", "Chrome on Android"),
    (f"{IPHONE} CriOS/150.0.7900.10 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
    (f"{IPAD} CriOS/150.0.7900.10 Mobile/15E148 Safari/604.1", "Chrome on iPad"),
    (f"{MAC} CriOS/150 Version/11.1.1 Safari/605.1.15", "Chrome on macOS"),  # an iPad that asks for desktop pages
    (f"{LINUX} HeadlessChrome/150.0.0.0 Safari/537.36", "Chrome on Linux"),
    # Edge
    (f"{WINDOWS} {CHROME} Edg/150.0.0.0", "Edge on Windows"),
    (f"{ANDROID} {MOBILE} EdgA/150.0.0.0", "Edge on Android"),
    (f"{IPHONE} Version/18.0 EdgiOS/150.0.3000.10 Mobile/15E148 Safari/604.1", "Edge on iPhone"),
    (f"{WINDOWS} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", "Edge on Windows"),
    # Firefox
    ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Windows"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on macOS"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0", "Firefox on Android"),
    (f"{IPHONE} FxiOS/150.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
    (f"{IPHONE} FxiOS/150 Focus/150.0 Mobile/15E148 Safari/605.1.15", "Firefox Focus on iPhone"),
    ("Mozilla/5.0 (X11; FreeBSD amd64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on FreeBSD"),
    # Safari
    (f"{MAC} Version/26.0 Safari/605.1.15", "Safari on macOS"),  # and an iPad's
    (f"{IPHONE} Version/26.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
    (f"{IPAD} Version/26.0 Mobile/15E148 Safari/604.1", "Safari on iPad"),
    # Others
    (f"{WINDOWS} {CHROME} OPR/130.0.0.0", "Opera on Windows"),
    (f"{IPHONE} Version/18.0 Mobile/15E148 Safari/604.1 OPT/6.2.0", "Opera on iPhone"),
    ("Opera/9.80 (Android; Opera Mini/80.0/191.300; U; en) Presto/2.12.423 Version/12.16", "Opera on Android"),
    (f"{ANDROID} SamsungBrowser/29.0 {MOBILE}", "Samsung Internet on Android"),
    (f"{ANDROID} UCBrowser/13.7.0.1320 {MOBILE}", "UC Browser on Android"),
    (f"{ANDROID} {MOBILE} XiaoMi/MiuiBrowser/14.30.1", "Mi Browser on Android"),
    (f"{ANDROID} HuaweiBrowser/16.0.4.300 {MOBILE}", "Huawei Browser on Android"),
    (f"{WINDOWS} {CHROME} Whale/4.32.315.22", "Whale on Windows"),
    (f"{IPHONE} OPiOS/16.0.15.124050 Mobile/15E148 Safari/9537.53", "Opera on iPhone"),
    ("Mozilla/5.0 (X11; OpenBSD amd64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on OpenBSD"),
    (f"{IPHONE.replace('iPhone;', 'iPod touch;')} Version/15.8 Mobile/15E148 Safari/604.1", "Safari on iPod"),
    (f"{LINUX} {CHROME} Vivaldi/7.5.3735.54", "Vivaldi on Linux"),
    (f"{WINDOWS} Chrome/140.0.0.0 YaBrowser/25.8.0.0 Safari/537.36", "Yandex Browser on Windows"),
    (f"{MAC} Version/18.5 Safari/605.1.15 Ddg/18.5", "DuckDuckGo on macOS"),
    (f"{IPHONE} Version/18.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15", "DuckDuckGo on iPhone"),
    (f"{ANDROID} Silk/130.0.0 like {CHROME}", "Silk on Android"),
    (f"{LINUX} Ubuntu Chromium/150.0.0.0 {CHROME}", "Chromium on Linux"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Linux"),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15 "
        "Epiphany/605.1.15",
        "GNOME Web on Linux",
    ),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Windows"),
    # A browser inside of an app
    (f"{IPHONE} Mobile/22H20 Instagram 400.0.0.20.75 (iPhone16,2; iOS 18_7; en_US; en; 1.0)", "Instagram on iPhone"),
    (f"{WEBVIEW} Chrome/150.0.7900.10 Mobile Safari/537.36 Instagram 400.0.0.40.75 Android", "Instagram on Android"),
    (f"{IPHONE} Mobile/22H20 [FBAN/FBIOS;FBAV/530.0.0.40.75;FBBV/1;FBDV/iPhone16,2]", "Facebook on iPhone"),
    (f"{WEBVIEW} Chrome/150.0.7900.10 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.40.75;]", "Facebook on Android"),
    (f"{IPHONE} Mobile/22H20 Twitter for iPhone/11.40", "X on iPhone"),
    (f"{WEBVIEW} Chrome/150.0.7900.10 Mobile Safari/537.36 TwitterAndroid", "X on Android"),
    (f"{IPHONE} Mobile/22H20 [Pinterest/iOS]", "Pinterest on iPhone"),
    (f"{IPHONE} Mobile/22H20 [LinkedInApp]/9.31.2400", "LinkedIn on iPhone"),
    (f"{WEBVIEW} {MOBILE} BytedanceWebview/d8a21c6", "TikTok on Android"),
    (f"{IPHONE} Mobile/22H20 musical_ly_41.0.0 JsSdk/2.0 BytedanceWebview/d8a21c6", "TikTok on iPhone"),
    (f"{IPHONE} Version/18.5 Mobile/15E148 Snapchat/13.60.0.40 (like Safari/8621, panda)", "Snapchat on iPhone"),
    (f"{IPHONE} Mobile/22H20 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/en", "WeChat on iPhone"),
    (f"{IPHONE} Mobile/22H20 Safari Line/15.13.0", "LINE on iPhone"),
    (f"{IPHONE} GSA/380.0.790000000 Mobile/15E148 Safari/604.1", "Google app on iPhone"),
    # An app that does not say which: a page in a window of its own, a WebView, a shell
    (f"{IPHONE} Mobile/15E148", "App on iPhone"),
    (f"{MAC.removesuffix(GECKO)}{GECKO}", "App on macOS"),
    (f"{WEBVIEW} Chrome/150.0.7900.10 Mobile Safari/537.36", "App on Android"),
    (f"{LINUX} notes/1.2.0 Chrome/150.0.0.0 Electron/40.0.0 Safari/537.36", "App on Linux"),
    # Nobody's browser
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Automated client"),
    (f"{ANDROID} {MOBILE} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Automated client"),
    (f"{IPHONE} Version/17.4 Mobile/15E148 Safari/604.1 (Applebot/0.1)", "Automated client"),
    ("curl/8.14.1", "Automated client"),
    ("python-requests/2.32.5", "Automated client"),
    ("Python/3.13 aiohttp/3.12.15", "Automated client"),
    ("Go-http-client/2.0", "Automated client"),
    # Names of models that contain a word of ours
    (f"Mozilla/5.0 (Linux; Android 9; CUBOT X18 Plus) {BLINK} {MOBILE}", "Chrome on Android"),
    (f"{LINUX} Chrome/150.0.0.0 Safari/537.36 curl", "Chrome on Linux"),
    # Little, or nothing
    ("Mozilla/5.0 (Windows NT 10.0)", "Windows"),
    ("Mozilla/5.0", None),
    ("<script>alert(1)</script>", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("agent", "name"), NAMES, ids=[str(name) for _, name in NAMES])
def test_a_name(agent: str | None, name: str | None) -> None:
    assert device_name(agent) == name


def test_every_mark_of_the_tables_is_met() -> None:
    """By a header above, or its row is for nobody."""
    agents = [agent or "" for agent, _ in NAMES]
    for table in (device_names._APPS, device_names._BROWSERS, device_names._SYSTEMS):
        unmet = [mark for mark in table if not any(mark in agent for agent in agents)]
        assert unmet == []


def test_nothing_of_the_header_is_in_a_name() -> None:
    """Only words of the tables: the list of devices shows it."""
    words = {*device_names._APPS.values(), *device_names._BROWSERS.values(), *device_names._SYSTEMS.values(), "Safari"}
    hostile = f"{LINUX} {CHROME} on <img src=x> ‮"
    shown = device_name(hostile)
    assert shown is not None
    assert set(re.split(" on ", shown)) <= words
