// Call the functions of the page that opened this window, before anything else is loaded here, and once for each login.
// The module reads what is noted here, and calls the functions where this script could not.
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
