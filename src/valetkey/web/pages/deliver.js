// Calls the functions of the page that opened this window, before anything else here is loaded. Once a login: what is
// noted is read by the module, too, which calls them where this could not.
(() => {
  const script = document.currentScript;
  const { login, handle, token } = script.dataset;
  script.removeAttribute("data-token");
  try {
    const takesToken = token && typeof opener.setToken === "function";
    const takesName = handle && typeof opener.setScreenName === "function";
    if ((!takesToken && !takesName) || localStorage["valetkey-delivered"] === login) return;
    localStorage["valetkey-delivered"] = login;
    if (takesToken) opener.setToken(token, handle);
    if (takesName) opener.setScreenName(handle);
  } catch {}
})();
