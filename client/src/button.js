// <sign-in-button provider="twitter">: a real button, a line that says how it stands, and two ways out when nobody
// knows. A file of its own, loaded by the module for pages that have one.

const WORDS = {
  signIn: "Sign in with {provider}",
  opened: "Continue in the new window.",
  unsure: "Is the window gone?",
  finishing: "Finishing…",
  leaving: "One moment…",
  reopen: "Open it again",
  cancel: "Cancel",
  continue: "Continue",
  cancelled: "Cancelled. You can try again.",
  denied: "Not signed in, as you chose.",
  network: "The server does not answer. Check your connection, then try again.",
};
const TITLES = { twitter: "X" };
const MARK = "M18.2 2.25h3.3l-7.2 8.26 8.5 11.24h-6.7l-5.2-6.83-6 6.83H1.7l7.7-8.84L1.25 2.25h6.83l4.7 6.23zm-1.2 17.5h1.9L7.1 4.13h-2z";
// Black on light, white on dark, by the page's own color-scheme.
const STYLE = `
:host { display: inline-block; max-width: 100%; font: 1rem/1.4 system-ui, sans-serif }
button { font: inherit; min-height: 44px; cursor: pointer; border: 1px solid; border-radius: 99px; padding: 0 1.4em;
  color: inherit; background: none }
.main { display: inline-flex; align-items: center; justify-content: center; gap: .65em; max-width: 100%;
  font-weight: 650; border-color: transparent; background: #0f1419; color: #fff;
  background: light-dark(#0f1419, #fff); color: light-dark(#fff, #0f1419) }
button:hover { opacity: .87 }
:focus-visible { outline: 3px solid #1d9bf0; outline-offset: 2px }
svg { width: 1.1em; flex: none; fill: currentColor }
[aria-busy=true] svg { opacity: .5 }
@media (forced-colors: active) { .main { border-color: ButtonText } }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: .6em; font-size: .9rem }
.line.says { margin-top: .6em }
p { margin: 0 }
[hidden] { display: none }`;

/** Put what belongs in it into an element; once, however often it is moved about. */
export function furnish(element, { signIn, logins, resumed, texts }) {
  if (element.shadowRoot) return;
  const root = element.attachShadow({ mode: "open", delegatesFocus: true });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const mark = draw("svg", { viewBox: "0 0 24 24", "aria-hidden": true, part: "mark" });
  mark.append(draw("path", { d: MARK }));
  const label = make("span", "label");
  const main = make("button", "button", mark, label);
  const status = make("p", "status");
  const reopen = make("button", "reopen");
  const cancel = make("button", "cancel");
  const line = make("div", "line", status, reopen, cancel);
  main.className = "main";
  status.setAttribute("role", "status");
  root.append(main, line);

  const provider = () => element.getAttribute("provider") ?? "twitter";
  let followed, state, said;

  function render() {
    const words = { ...WORDS, ...texts };
    label.textContent = words.signIn.replace("{provider}", TITLES[provider()] ?? provider());
    reopen.textContent = state === "interrupted" ? words.continue : words.reopen;
    cancel.textContent = words.cancel;
    status.textContent = words[state] ?? said ?? "";
    line.className = status.textContent ? "line says" : "line";
    cancel.hidden = state !== "unsure";
    reopen.hidden = cancel.hidden && state !== "interrupted";
    main.setAttribute("aria-busy", Boolean(followed));
  }

  function show(...now) {
    [state, said] = now;
    render();
  }

  const fire = (name, detail) => element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));

  function onState(now) {
    show(now);
    fire("signinstate", now);
  }

  async function follow(outcome) {
    if (followed === outcome) return;
    followed = outcome;
    render();
    try {
      const found = await outcome;
      followed = undefined;
      show();
      fire("signin", found);
    } catch (error) {
      followed = undefined;
      show(error.code, error.message);
      fire("signinerror", error);
    }
  }

  const press = () => follow(signIn(provider(), { onState, returnTo: element.getAttribute("return-to") ?? undefined }));
  main.onclick = reopen.onclick = press;
  cancel.onclick = () => {
    main.focus(); // before this one goes
    logins.get(provider())?.cancel();
  };
  addEventListener("valetkey-texts", render);
  render();
  // One that began before this page was reloaded.
  const under = logins.get(provider()) ?? resumed.get(provider());
  resumed.delete(provider());
  if (under) {
    under.watchers.add(onState);
    if (!under.over) onState(under.state);
    follow(under.outcome);
  }
}

function make(tag, part, ...inside) {
  const made = document.createElement(tag);
  made.part = part;
  made.append(...inside);
  return made;
}

function draw(tag, attributes) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) drawn.setAttribute(name, attributes[name]);
  return drawn;
}
