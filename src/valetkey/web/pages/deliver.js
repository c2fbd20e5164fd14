// Calls the functions of the page that opened this window, before anything else here is loaded. Once a login: what is
// noted is read by the module, too, which calls them where this could not.
(() => {
  const script = document.currentScript;
  const { login, handle, token } = script.dataset;
  script.removeAttribute("data-token");
  try {
    if (token && typeof opener.setToken === "function" && localStorage["valetkey-delivered"] !== login) {
      localStorage["valetkey-delivered"] = login;
      opener.setToken(token, handle);
    }
    if (handle && typeof opener.setScreenName === "function") opener.setScreenName(handle);
  } catch {}
})();
