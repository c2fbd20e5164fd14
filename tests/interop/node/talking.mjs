// What the clients of this folder have in common: clients/talking.py, in JavaScript.
import { createInterface } from "node:readline/promises";

export const order = JSON.parse(process.argv[2]);
export const isGitHub = order.front === "github";
export const scope = isGitHub ? "read:user user:email" : "openid profile email";

const lines = createInterface({ input: process.stdin });

export async function comeBack(url) {
  console.log(JSON.stringify({ url: url.href }));
  const { value } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  return new URL(JSON.parse(value).url);
}

// The sandbox's ids have 19 digits; JavaScript's numbers are exact up to 15.
export async function exact(response) {
  const text = await response.text();
  return { ...JSON.parse(text), id: /"id": *([0-9]+)/.exec(text)[1] };
}

export function signedIn({ id, sub, name, email }) {
  console.log(JSON.stringify({ subject: String(sub ?? id), name, email }));
}

export function refuses(error) {
  console.log(JSON.stringify({ error: `${error.name}: ${error.code ?? ""} ${error.message}` }));
}
