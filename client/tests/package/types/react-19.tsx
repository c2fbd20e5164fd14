// React 19 listens to the events of an element.

import type {} from "valetkey/react";

export const listens = <sign-in-button onsignin={({ detail }) => detail.account.name} onsigninerror={(event) => event.detail.hint} />;
// @ts-expect-error the event has a session
export const wrong = <sign-in-button onsignin={({ detail }) => detail.code} />;
