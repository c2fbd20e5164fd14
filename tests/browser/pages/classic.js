// Written as such pages were: the provider's address is its own, and so are its functions, its storage and its window.
// What a test adds is a count of the calls, and where the provider is when nobody reroutes the real one's address.

var calls = [];
var problems = [];
var X = "https://api.twitter.com";

function setToken(token, screenName) {
  calls.push({ token: token, screenName: screenName });
  localStorage.setItem("token", token);
  setScreenName(screenName);
}

function setScreenName(screenName) {
  localStorage.setItem("screenName", screenName);
  show();
}

function show() {
  document.getElementById("who").textContent = localStorage.getItem("token")
    ? "@" + localStorage.getItem("screenName")
    : "nobody";
}

function authenticate(waitingPage, every) {
  var popup = window.open(waitingPage, "twitter", "width=495,height=645");
  var request = new XMLHttpRequest();
  request.open("POST", "/auth/twitter");
  request.setRequestHeader("Content-Type", "application/json");
  request.onload = function () {
    if (request.status !== 200) return problems.push(request.responseText);
    var answer = JSON.parse(request.responseText);
    popup.location =
      X + "/oauth/authenticate?oauth_token=" + answer.oauth_token + "&oauth_token_secret=" + answer.oauth_token_secret;
    if (every !== null) closeWhenItIsBack(popup, every);
  };
  request.send(
    JSON.stringify({
      name: "twitter",
      url: "/auth/twitter",
      popupOptions: { width: 495, height: 645 },
      authorizationEndpoint: "https://api.twitter.com/oauth/authenticate",
      type: "1.0",
      redirectUri: window.location.origin,
    }),
  );
  return popup;
}

// As libraries do: look at where the popup is, and close it as soon as that can be read and is ours.
function closeWhenItIsBack(popup, every) {
  var polling = setInterval(function () {
    if (popup.closed) return clearInterval(polling);
    try {
      if (popup.location.pathname.indexOf("/auth/") !== 0) return;
    } catch (elsewhere) {
      return;
    }
    clearInterval(polling);
    popup.close();
  }, every);
}

function request(method, path) {
  return new Promise(function (resolve) {
    var asked = new XMLHttpRequest();
    asked.open(method, path);
    var token = localStorage.getItem("token");
    if (token) asked.setRequestHeader("Authorization", "Bearer " + token);
    asked.onload = function () {
      resolve({ status: asked.status, body: asked.responseText });
    };
    asked.send();
  });
}

function signOut() {
  var asked = request("DELETE", "/auth/session");
  localStorage.removeItem("token");
  localStorage.removeItem("screenName");
  show();
  return asked;
}

show();
