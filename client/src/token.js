// For a page that is handed its session as a token: `client.js?delivery=token`, and `&store=local` or `&store=session`
// for one that wants to find it again after a reload. A file of its own, loaded when asked for.
//
// A login is begun with a challenge and collected with its verifier, which this page alone has (RFC 7636). Where the
// backend is on another site, so that no cookie says whose the login is, the popup brings a one-time code by way of the
// app's relay page; a code is worth nothing without the verifier, so anybody may hear it.

const TOKEN = "valetkey-token";
const VERIFIERS = "valetkey-verifiers";
const ARRIVED = "valetkey-arrived"; // written by the relay page, in this tab
const LEAVING = "valetkey-leaving"; // read by it

export async function attach({ SignInError, ask, delivery, hint, listen, logins, options, tell, whoever }) {
  const kept = { local: localStorage, session: sessionStorage }[options.get("store")];
  const verifiers = new Map(read(VERIFIERS) ?? []); // login id → verifier, of logins that may still come back
  const codes = new Map(); // login id → code, as the popup brought it
  const pairs = [];
  let token = kept?.[TOKEN];

  const held = () => (kept ? kept[TOKEN] : token);

  Object.assign(delivery, {
    headers: () => held() && { authorization: `Bearer ${held()}` },
    pass: () => ({ token: held() }),
    take(answer) {
      if (answer.token) keep(answer.token);
      else if (answer.account === null && !answer.login) delivery.forget();
    },
    forget() {
      const had = held();
      keep(undefined);
      return had;
    },
    begin(id) {
      const { verifier, challenge } = pairs.shift();
      if (!pairs.length) pairs.push({ verifier, challenge }); // for who clicks faster than a digest is made
      prepare().then((pair) => pairs.push(pair));
      verifiers.set(id, verifier);
      write(VERIFIERS, [...verifiers].slice(-10));
      return { challenge };
    },
    collect: (id) => ({ verifier: verifiers.get(id), code: codes.get(id) }),
    leave: (id) => write(LEAVING, [id, location.href]),
    /** What the relay page left in this tab, for a login that had no popup. */
    resumed() {
      const arrived = read(ARRIVED);
      sessionStorage.removeItem(ARRIVED);
      if (arrived) arrive(arrived);
    },
  });

  const channel = new BroadcastChannel("valetkey");
  channel.addEventListener("message", ({ data }) => arrive(data));
  addEventListener("message", ({ data, origin }) => origin === location.origin && arrive(data));

  async function arrive({ valetkey: id, code, error } = {}) {
    if (!verifiers.has(id) || !(code || error)) return;
    channel.postMessage({ valetkey_heard: id });
    const login = [...logins.values()].find((one) => one.ids.includes(id));
    if (error) {
      const failed = await ask("GET", `errors/${encodeURIComponent(error)}`).catch(() => ({}));
      return login?.fail(new SignInError(error, failed.message, failed.hint));
    }
    if (codes.has(id)) return;
    codes.set(id, code);
    if (login) return hint({ data: { valetkey: id } });
    // It lands later than its promise was settled: listeners hear of it all the same.
    const { account } = await ask("POST", "session", { login: id, ...delivery.collect(id) });
    tell(whoever(account));
  }

  function keep(found) {
    token = found;
    if (kept && found) kept[TOKEN] = found;
    else kept?.removeItem(TOKEN);
  }

  listen();
  pairs.push(await prepare(), await prepare());
}

async function prepare() {
  const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: text(new Uint8Array(digest)) };
}

function text(octets) {
  return btoa(String.fromCharCode(...octets)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

function read(name) {
  try {
    return JSON.parse(sessionStorage[name]);
  } catch {}
}

function write(name, value) {
  try {
    sessionStorage[name] = JSON.stringify(value);
  } catch {}
}
