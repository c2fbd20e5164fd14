// The page between an app in a shell, or a browser extension, and the provider. A form of such a page is sent without its
// origin, so this page sends the form for it, once it knows which page asks: the browser says so with each message.
//
// Where there is no opener, because the app has opened the system's browser, the login is in the fragment of the address.
// Anyone can write such an address, so the user must press the button.
(() => {
  const { openers, link } = document.body.dataset;
  const form = document.querySelector("form");
  const listed = openers.split(" ");
  const submit = (fields) => {
    for (const input of form.querySelectorAll("input")) input.value = String(fields[input.name] ?? "");
    if (/^[\w-]{43}$/.test(form.elements.challenge.value)) form.submit();
  };

  const fields = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  history.replaceState(null, "", location.pathname);
  addEventListener("message", ({ source, origin, data }) => {
    if (source && source === opener && listed.includes(origin) && data?.valetkey_start) submit(data.valetkey_start);
  });
  for (const origin of listed) {
    try {
      opener?.postMessage({ valetkey_start: true }, origin);
    } catch {}
  }
  const show = (name) => {
    for (const part of document.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== name;
  };
  if (link === undefined || !fields.challenge) {
    setTimeout(() => show("nobody"), 3000); // the opener has answered by then, and the page is gone
    return;
  }
  show("link");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(fields);
  });
})();
