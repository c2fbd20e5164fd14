// A page's own sign-in, as they were written before there was a module: open a window, ask the backend for a token, send
// the window to X, and wait for it to call setToken.

const X = document.documentElement.dataset.x; // https://api.x.com, or the sandbox's address

async function login() {
  const popup = window.open("/wait", "sign-in", "width=600,height=720");
  const answer = await fetch("/auth/twitter", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      name: "twitter",
      url: "/auth/twitter",
      type: "1.0",
      redirectUri: location.origin,
      authorizationEndpoint: `${X}/oauth/authenticate`,
      popupOptions: { width: 600, height: 720 },
    }),
  });
  const { oauth_token } = await answer.json();
  popup.location = `${X}/oauth/authenticate?oauth_token=${oauth_token}`;
}

// The popup's last page calls these two; where it cannot, the module does.
function setToken(token, screenName) {
  localStorage.setItem("token", token);
  setScreenName(screenName);
  show();
}

function setScreenName(screenName) {
  localStorage.setItem("screenName", screenName);
}

function logout() {
  fetch("/auth/session", { method: "DELETE", headers: { Authorization: `Bearer ${localStorage.getItem("token")}` } });
  localStorage.removeItem("token");
  localStorage.removeItem("screenName");
  show();
}

let shown = 0;

async function show() {
  const mine = ++shown;
  const token = localStorage.getItem("token");
  document.getElementById("out").hidden = Boolean(token);
  document.getElementById("in").hidden = !token;
  document.getElementById("who").textContent = `@${localStorage.getItem("screenName")}`;
  const answer = await fetch("/api/me", { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  const text = JSON.stringify(await answer.json(), null, 2);
  if (mine === shown) document.getElementById("me").textContent = text; // one that comes late is about another session
}
