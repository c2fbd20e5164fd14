// The identities of the account, and a button for each provider that can be linked.

import { createIcon, createPart } from "../shadow.js";
import { createFollower } from "./follow.js";
import { createButton, createLine, createSection, keepRows, nameAlso } from "./parts.js";
import { fill } from "./texts.js";

/**
 * The section of the identities. `options()` returns those of each popup, and `onChange()` is called where the devices
 * may have changed. Returns its node, and `show(account, providers)`.
 */
export function createIdentities({ shared, calls, words, options, onChange }) {
  const { node, heading, line, list } = createSection("identities");
  const ways = createPart("div", "links");
  ways.className = "ways";
  node.append(ways);
  let account, providers;

  const provider = (name) => providers.find((one) => one.name === name) ?? { name };
  const titleOf = (name) => provider(name).title ?? name;
  const keyOf = (identity) => JSON.stringify([identity.provider, identity.subject]);
  const showIdentities = keepRows(list, heading, keyOf, createIdentity);
  const showLinks = keepRows(ways, heading, ({ name }) => name, createLink);

  function show(newAccount, newProviders) {
    account = newAccount;
    providers = newProviders;
    heading.textContent = words().identities;
    showIdentities(account.identities);
    showLinks(providers);
  }

  function createIdentity({ provider: name, subject }) {
    const mark = createIcon("mark");
    const title = createPart("span", "provider");
    const who = createPart("bdi", "name");
    const text = createPart("span", "text", title, " ", who);
    const reason = createPart("p", "reason");
    const problem = createLine();
    const button = createButton("unlink", unlink);
    const node = createPart("li", "item", mark, text, button, reason, problem.node);
    text.className = "text";
    reason.className = "reason";
    nameAlso(button, text);

    function update(identity) {
      const last = account.identities.length < 2;
      setMark(mark, provider(name).icon);
      title.textContent = titleOf(name);
      who.textContent = nameOf(identity);
      button.textContent = words().unlink;
      button.setAttribute("aria-disabled", last);
      reason.textContent = last ? words().last_identity : "";
      reason.hidden = !last;
      if (last) nameReason(button, reason);
      else button.removeAttribute("aria-describedby");
    }

    async function unlink() {
      try {
        problem.show();
        const gone = `${title.textContent} ${who.textContent}`;
        await calls.unlink(name, subject);
        line.show(fill(words().unlinked, { identity: gone }));
        onChange(); // the sessions that it has opened are over
      } catch (error) {
        if (error.code === "not_linked") await shared.session().catch(() => {}); // another tab was faster
        else problem.show(...problemOf(error));
      }
    }

    return { node, update };
  }

  function createLink({ name }) {
    const problem = createLine();
    const button = createButton("link", link, { repeats: true });
    const node = createPart("div", "way", button, problem.node);
    const start = (own) => calls.link(name, { ...options(), ...own });
    node.className = "way";
    const follower = createFollower({ shared, words, line: problem, main: button, key: `${name}/link`, start, explain });

    function update({ title }) {
      const linked = account.identities.some((identity) => identity.provider === name);
      button.textContent = fill(linked ? words().linkAnother : words().link, { provider: title ?? name });
      follower.takeUp()?.then(land);
    }

    async function link() {
      line.show();
      land(await follower.follow());
    }

    function land(session) {
      if (session) problem.show(words().linked);
    }

    function explain(error) {
      const actions = error.code === "reauth_required" ? signInAgain(problem, button) : [];
      const [text, options] = problemOf(error);
      problem.show(text, { ...options, actions, main: button });
    }

    return { node, update };
  }

  /** Buttons that sign in again, by each provider of the account. */
  function signInAgain(problem, main) {
    const names = new Set(account.identities.map((identity) => identity.provider));
    return providers
      .filter(({ name }) => names.has(name))
      .map(({ name, title }) => {
        const start = (own) => shared.signIn(name, { ...options(), ...own });
        const explain = (error) => problem.show(...problemOf(error));
        const { follow } = createFollower({ shared, words, line: problem, main, key: name, start, explain });
        async function press() {
          const before = account.id;
          const session = await follow();
          if (!session) return;
          problem.show(session.account.id === before ? words().signedInAgain : "", { main });
          onChange();
        }
        return ["sign-in", fill(words().signIn, { provider: title ?? name }), press];
      });
  }

  const problemOf = ({ code, message }) => [
    words()[code] ?? message,
    { error: code !== "cancelled" && code !== "denied" },
  ];

  return { node, show };
}

/** What a user knows an identity by. The subject is the last resort. */
const nameOf = ({ handle, name, email, subject }) => (handle ? `@${handle}` : (name ?? email ?? subject));

function nameReason(button, reason) {
  reason.id ||= `${button.id}-reason`;
  button.setAttribute("aria-describedby", reason.id);
}

/** A provider without an icon leaves its room empty, so that the names stand below each other. */
function setMark(mark, icon) {
  mark.firstChild.setAttribute("d", icon ?? "");
  mark.style.visibility = icon ? "" : "hidden";
}
