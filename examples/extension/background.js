// A click on the extension's icon opens its page in a tab. The popup of an action would close as soon as the window of the
// sign-in has the focus.

chrome.action.onClicked.addListener(() => chrome.tabs.create({ url: "page.html" }));
